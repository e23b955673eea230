import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PACKAGE, publishedKernels, readKernelList, VERSION } from "../../helpers/node-gpu-package.js";

const Suite = suite("compile/tfjs/node-gpu, long");

let published: string[] | undefined;
try {
  published = publishedKernels();
} catch (e) {
  console.log(
    `compile/tfjs/node-gpu: the list of kernels is not compared, since ${PACKAGE} cannot be fetched: ${String(e)}`,
  );
}

(published === undefined ? Suite.skip : Suite)("the list of kernels is what the package registers", () => {
  assert.equal(readKernelList().kernels, published, `${PACKAGE} ${VERSION}`);
});

Suite.run();
