/**
 * @file The data sets that are known by name: where their files are, and where they come to lie below the cache.
 *
 * Sizes and SHA-256 are those that TensorFlow Datasets 4.9.10 records, MD5 sums those that MRQA's repository states.
 */
import { SUPERGLUE } from "../../tasks/superglue.js";
import type { Sums } from "./sums.js";

/** A file of a data set. */
export interface DataFile extends Sums {
  /** Below the folder of the data set. */
  readonly name: string;
  /** Its address; a mirror replaces the origin. */
  readonly url: string;
  /** Whether the address is a page, at which people register for the file. */
  readonly isPage?: boolean;
  /** The files of an archive that are wanted, and the folder that they are unpacked into. */
  readonly unpack?: { readonly folder: string; readonly files: readonly string[] };
}
/** A data set, or a group of them. */
export interface DataSource {
  readonly kind: "data";
  readonly name: string;
  /** Folder below the cache. */
  readonly folder: string;
  /** Licence or terms. */
  readonly licence: string;
  readonly files: readonly DataFile[];
  /** What a group consists of. */
  readonly members?: readonly DataSource[];
  /** What there is to know of it. */
  readonly note?: string;
}

const UNKNOWN = "see the original release";
const FACEBOOK = "https://dl.fbaipublicfiles.com";

type Archive = readonly [task: string, size: number, sha256: string];

const data = (name: string, folder: string, licence: string, files: readonly DataFile[]): DataSource => ({
  kind: "data",
  ...{ name, folder: `data/${folder}`, licence, files },
});

/** The members of a folder under its name. */
const group = (name: string, members: readonly DataSource[], note?: string): DataSource => ({
  ...data(
    name,
    name,
    "that of each set",
    members.flatMap(({ files }) => files),
  ),
  members,
  ...(note !== undefined && { note }),
});

const SUPERGLUE_ARCHIVES: readonly Archive[] = [
  ["BoolQ", 4_118_001, "853fbe7922f70c59629f06a39e8d9ca440c3d740e760fd3b87a5ddf3dcba2436"],
  ["CB", 75_482, "8d641383298d54554066ba1c93f56ae7410af75df621b90c63028806bbbbb535"],
  ["COPA", 43_986, "405906cddac74bc1e1ce8220f1107d1025b66a25ef10149d91b10bb30651125f"],
  ["MultiRC", 1_116_225, "b3cd440856e72eb166b2edcd37b798455f1ebd51f2c3de64c0c2a4e1971d2737"],
  ["ReCoRD", 51_757_880, "30c7b651ab21b8bf8fab986495cd1084333010e040548f861b839eec0044ac18"],
  ["RTE", 750_920, "6310aab3f000424c9d0318a1ff20692e07c7f4aa15e8f17a5972ea0a35c398b9"],
  ["WiC", 396_213, "ee7e67f4ae9eafbf533780faa198e62167f3cda54256cdf261877be3c0e90900"],
  ["WSC", 32_751, "2ed6dfa94556b4a128ff0441efe365b2e883124e7e6aa00fb8d3a6cb1fd520a9"],
  ["AX-b", 33_950, "43b45c55a273575c58a33cd68f10a971f83daa3aa223bfbc4077b92fbdf960b3"],
  ["AX-g", 10_413, "2d4e00d3a7d23d2c3787ee4c1382cc81a72cb05a76fc9d78d142949247ed61b9"],
];
const SUPERGLUE_SETS = SUPERGLUE_ARCHIVES.map(([task, size, sha256]) => {
  const id = task.toLowerCase();
  const licence = SUPERGLUE.find(({ name }) => name === id.replace("-", ""))?.licence ?? UNKNOWN;
  const files = task.startsWith("AX-") ? [`${task}.jsonl`] : ["train.jsonl", "val.jsonl", "test.jsonl"];
  const url = `${FACEBOOK}/glue/superglue/data/v2/${task}.zip`;
  return data(`superglue-${id}`, "superglue", licence, [
    { name: `${task}.zip`, url, size, sha256, unpack: { folder: task, files } },
  ]);
});

/** Archives of GLUE: the folder in it, its own name, and terms. */
const GLUE_ARCHIVES: readonly (readonly [...Archive, licence: string])[] = [
  ["CoLA", 376_971, "f212fcd832b8f7b435fb991f101abf89f96b933ab400603bf198960dfc32cbff", UNKNOWN],
  ["SST-2", 7_439_277, "d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa", UNKNOWN],
  [
    "QQP",
    41_696_084,
    "40e7c862c04eb26ee04b67fd900e76c45c6ba8e6d8fab4f8f1f8072a1a3fbae0",
    "Quora's terms, non-commercial",
  ],
  ["STS-B", 802_872, "e60a6393de5a8b5b9bac5020a1554b54e3691f9d600b775bd131e613ac179c85", UNKNOWN],
  ["MNLI", 312_783_507, "e7c1d896d26ed6caf700110645df426cc2d8ebf02a5ab743d5a5c68ac1c83633", UNKNOWN],
  [
    "QNLIv2",
    10_627_589,
    "e634e78627a29adaecd4f955359b22bf5e70f2cbd93b493f2d624138a0c0e5f5",
    "CC BY-SA 4.0 (made from SQuAD)",
  ],
  [
    "RTE",
    697_150,
    "6bf86de103ecd335f3441bd43574d23fef87ecc695977a63b82d5efb206556ee",
    "no explicit licence, research use",
  ],
  ["WNLI", 28_999, "ae0e8e4d16f4d46d4a0a566ec7ecceccfd3fbfaa4a7a4b4e02848c0f2561ac46", UNKNOWN],
];
const MATCHES = ["dev_matched.tsv", "dev_mismatched.tsv", "test_matched.tsv", "test_mismatched.tsv"];
const GLUE_SETS = [
  ...GLUE_ARCHIVES.map(([archive, size, sha256, licence]) => {
    const folder = archive.replace(/v2$/, "");
    const name = `${archive}.zip`;
    const files = ["train.tsv", ...(folder === "MNLI" ? MATCHES : ["dev.tsv", "test.tsv"])];
    return data(`glue-${folder.toLowerCase().replace("-", "")}`, "glue", licence, [
      { name, url: `${FACEBOOK}/glue/data/${name}`, size, sha256, unpack: { folder, files } },
    ]);
  }),
  data("glue-mrpc", "glue", "Microsoft Research Paraphrase Corpus, research use", [
    {
      name: "MRPC/msr_paraphrase_train.txt",
      url: `${FACEBOOK}/senteval/senteval_data/msr_paraphrase_train.txt`,
      size: 1_047_044,
      sha256: "60a9b09084528f0673eedee2b69cb941920f0b8cd0eeccefc464a98768457f89",
    },
    {
      name: "MRPC/msr_paraphrase_test.txt",
      url: `${FACEBOOK}/senteval/senteval_data/msr_paraphrase_test.txt`,
      size: 441_275,
      sha256: "a04e271090879aaba6423d65b94950c089298587d9c084bf9cd7439bd785f784",
    },
    {
      name: "MRPC/dev_ids.tsv",
      url: "https://firebasestorage.googleapis.com/v0/b/mtl-sentence-representations.appspot.com/o/data%2Fmrpc_dev_ids.tsv?alt=media",
      size: 6_222,
      sha256: "971d7767d81b997fd9060ade0ec23c4fc31cbb226a55d1bd4a1bac474eb81dc7",
    },
  ]),
  data("glue-ax", "glue", "research use", [
    {
      name: "AX/test.tsv",
      url: "https://bit.ly/2BOtOJ7",
      size: 222_257,
      sha256: "0e13510b1bb14436ff7e2ee82338f0efb0133ecf2e73507a697dc210db3f05fd",
    },
  ]),
];

const SQUAD = data("squad", "squad", "CC BY-SA 4.0", [
  {
    name: "train-v1.1.json",
    url: "https://rajpurkar.github.io/SQuAD-explorer/dataset/train-v1.1.json",
    size: 30_288_272,
    sha256: "3527663986b8295af4f7fcdff1ba1ff3f72d07d61a20f487cb238a6ef92fd955",
  },
  {
    name: "dev-v1.1.json",
    url: "https://rajpurkar.github.io/SQuAD-explorer/dataset/dev-v1.1.json",
    size: 4_854_279,
    sha256: "95aa6a52d5d6a735563366753ca50492a658031da74f301ac5238b03966972c9",
  },
]);

const DPR = data("dpr", "dpr", UNKNOWN, [
  {
    name: "train.c.txt",
    url: "https://s3.amazonaws.com/datasets.huggingface.co/definite_pronoun_resolution/train.c.txt",
    size: 160_408,
    sha256: "c310158d0cbac1a556e3284e6c167f4478271d8d50b0b9d15dfe428c905a0867",
  },
  {
    name: "test.c.txt",
    url: "https://s3.amazonaws.com/datasets.huggingface.co/definite_pronoun_resolution/test.c.txt",
    size: 67_044,
    sha256: "cf1cf025e1d59a5b363e6dcfbd5a13aae8a9830831ac16fd7f865aca7a1559d8",
  },
]);

const MRQA = "https://s3.us-east-2.amazonaws.com/mrqa/release/v2";
/** Sets of MRQA: name, file, terms, MD5 of the file in `dev` and of that in `train`. */
const MRQA_FILES: readonly (readonly [name: string, file: string, licence: string, dev: string, train?: string])[] = [
  ["squad", "SQuAD", "CC BY-SA 4.0", "05f3f16c5c31ba8e46ff5fa80647ac46", "efd6a551d2697c20a694e933210489f8"],
  [
    "news_qa",
    "NewsQA",
    "texts of CNN, research use",
    "5c188c92a84ddffe2ab590ac7598bde2",
    "182f4e977b849cb1dbfb796030b91444",
  ],
  ["trivia_qa", "TriviaQA-web", UNKNOWN, "5c9fdc633dfe196f1b428c81205fd82f", "e18f586152612a9358c22f5536bfd32a"],
  ["search_qa", "SearchQA", UNKNOWN, "9217ad3f6925c384702f2a4e6d520c38", "612245315e6e7c4d8446e5fcc3dc1086"],
  ["hotpot_qa", "HotpotQA", "CC BY-SA 4.0", "125a96846c830381a8acff110ff6bd84", "d212c7b3fc949bd0dc47d124e8c34907"],
  [
    "natural_questions",
    "NaturalQuestionsShort",
    UNKNOWN,
    "c0347eebbca02d10d1b07b9a64efe61d",
    "e27d27bf7c49eb5ead43cef3f41de6be",
  ],
  ["drop", "DROP", "CC BY-SA 4.0", "070eb2ac92d2b2fc1b99abeda97ac37a"],
  ["duo_rc", "DuoRC.ParaphraseRC", "MIT; plots of Wikipedia and IMDb", "b325c0ad2fa10e699136561ee70c5ddd"],
  ["race", "RACE", "non-commercial research use", "ba8063647955bbb3ba63e9b17d82e815"],
  ["relation_extraction", "RelationExtraction", "CC BY-SA (texts of Wikipedia)", "266be75954fcb31b9dbfa9be7a61f088"],
  ["textbook_qa", "TextbookQA", UNKNOWN, "8b52d21381d841f8985839ec41a6c7f7"],
];
const MRQA_SETS = MRQA_FILES.map(([set, name, licence, dev, train]) => {
  const file = (split: string, md5: string): DataFile => {
    const path = `${split}/${name}.jsonl.gz`;
    return { name: path, url: `${MRQA}/${path}`, md5 };
  };
  return data(`mrqa-${set}`, "mrqa", licence, [
    ...(train === undefined ? [] : [file("train", train)]),
    file("dev", dev),
  ]);
});
const BIOASQ = data("mrqa-bio_asq", "mrqa", UNKNOWN, [
  {
    name: "dev/BioASQ.jsonl.gz",
    url: "http://participants-area.bioasq.org/MRQA2019/",
    isPage: true,
    md5: "70752a39beb826a022ab21353cb66e54",
  },
]);

/** Every data set, behind the group that it is in. */
export const DATA_SOURCES: readonly DataSource[] = [
  group("superglue", SUPERGLUE_SETS),
  ...SUPERGLUE_SETS,
  group("glue", GLUE_SETS),
  ...GLUE_SETS,
  SQUAD,
  group("mrqa", MRQA_SETS, "without BioASQ, for which people register; fluxion fetch mrqa-bio_asq says where"),
  ...MRQA_SETS,
  BIOASQ,
  DPR,
];
