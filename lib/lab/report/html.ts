/** @file A report as one page that needs nothing else. */
import { takesLater } from "../../core/composite.js";
import type { Figure, Panel } from "./figures.js";
import { COLOURS, STYLE } from "./page-style.js";
import { type Draw, drawing, isWide } from "./plot.js";
import type { RecipeEntry, Report } from "./report.js";
import type { Link, ReportTable, TableCell } from "./table.js";

/** Text as HTML shows it, also inside of an attribute. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

type HrefOf = (link: Link) => string;

const anchor = (link: Link, hrefOf: HrefOf, text = escapeHtml(link.text)): string =>
  `<a href="${escapeHtml(hrefOf(link))}">${text}</a>`;

const cellHtml = ({ text, deviation, n, isBest, links = [] }: TableCell, hrefOf: HrefOf): string => {
  const shown = `${escapeHtml(text)}${deviation === undefined ? "" : ` <small>± ${escapeHtml(deviation)}</small>`}`;
  const value = isBest ? `<b>${shown}</b>` : shown;
  const [first] = links;
  if (links.length === 1 && first !== undefined) {
    return `${anchor(first, hrefOf, value)}${n === undefined ? "" : ` <small>n = ${n}</small>`}`;
  }
  if (links.length === 0) return value;
  const runs = links.map((link) => anchor(link, hrefOf)).join(" ");
  return `${value} <small>${n === undefined ? "" : `n = ${n}: `}${runs}</small>`;
};

const tableHtml = ({ id, title, note, columns, rows }: ReportTable, hrefOf: HrefOf): string => {
  const kind = (i: number): string => (columns[i]?.isNumber ? ' class="n"' : "");
  const head = columns.map(({ name }, i) => `<th${kind(i)}>${escapeHtml(name)}</th>`).join("");
  const body = rows.map(
    (cells) => `<tr>${cells.map((cell, i) => `<td${kind(i)}>${cellHtml(cell, hrefOf)}</td>`).join("")}</tr>`,
  );
  return `<section id="${id}"><h2>${escapeHtml(title)}</h2>
<p class="note">${escapeHtml(note)}</p>
<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body.join("\n")}
</tbody></table></div></section>`;
};

type Colours = ReadonlyMap<string, string>;

/** A colour for each series of panels. */
const coloursOf = (panels: readonly Panel[]): Colours => {
  const labels = [...new Set(panels.flatMap(({ series }) => series.map(({ label }) => label)))];
  return new Map(labels.map((label, i) => [label, COLOURS[i % COLOURS.length]]));
};

const legendHtml = (panels: readonly Panel[], colours: Colours): string => {
  const series = [...colours].map(
    ([label, colour]) => `<span><i style="background:${colour}"></i>${escapeHtml(label)}</span>`,
  );
  const references = panels.flatMap((panel) => panel.references);
  const published = [...new Set(references.map(({ label, source }) => `${label} (${source})`))].map(
    (text) => `<span><i class="dash"></i>${escapeHtml(text)}</span>`,
  );
  return `<div class="legend">${[...series, ...published].join("")}</div>`;
};

/** A figure with one legend; where there are more series than colours each panel has its own. */
const figureHtml = (figure: Figure, draw: Draw): string => {
  const panels = figure.panels.filter(({ series }) => series.length > 0);
  const shared = coloursOf(panels);
  const isShared = shared.size <= COLOURS.length;
  const panelHtml = (panel: Panel): string => {
    const colours = isShared ? shared : coloursOf([panel]);
    const legend = isShared ? "" : legendHtml([panel], colours);
    const label = escapeHtml(`${figure.title}: ${panel.title}`);
    return `<figure aria-label="${label}"><h3>${escapeHtml(panel.title)}</h3>${draw(figure, panel, colours)}${legend}</figure>`;
  };
  return `<section id="${escapeHtml(figure.id)}"><h2>${escapeHtml(figure.title)}</h2>
<p class="note">${escapeHtml(figure.note)}</p>
${isShared ? legendHtml(panels, shared) : ""}
<div class="panels${isWide(figure) ? " wide" : ""}">${panels.map(panelHtml).join("\n")}</div></section>`;
};

const recipeHtml = ({ id, title, settings, runs }: RecipeEntry, hrefOf: HrefOf): string =>
  `<details id="${id}"><summary>${escapeHtml(title)}</summary>
<pre>${settings.length === 0 ? "the defaults" : settings.map(escapeHtml).join("\n")}</pre>
<p class="note">${runs.map((link) => anchor(link, hrefOf)).join("; ")}</p></details>`;

const warningsHtml = (warnings: readonly string[]): string =>
  warnings.length === 0
    ? ""
    : `<div class="warnings" role="note">${warnings.map((text) => `<p><b>Warning:</b> ${escapeHtml(text)}</p>`).join("")}</div>`;

const RECIPES = "Settings that differ from the defaults, and the runs.";

/**
 * A report as one page: text, tables, figures and style in one file, without scripts and without a network.
 *
 * - `addressOf`: the address of the folder of a run
 * @throws {UnsupportedError} where a package that draws figures is missing
 * @example const page = await reportHtml(report, addressFrom("report.html"));
 */
export const reportHtml = takesLater(
  "reportHtml(report, addressOf)",
  async (report: Report, addressOf: (folder: string) => string): Promise<string> => {
    const { title, intro, warnings, tables, figures, recipes } = report;
    const hrefOf: HrefOf = (link) => ("run" in link ? addressOf(link.run) : `#${link.anchor}`);
    const draw = await drawing(hrefOf);
    const [first = [], rest] = [tables.slice(0, 1), tables.slice(1)];
    const sections = [
      ...first.map((one) => tableHtml(one, hrefOf)),
      ...figures.map((one) => figureHtml(one, draw)),
      ...rest.map((one) => tableHtml(one, hrefOf)),
      `<section id="recipes"><h2>Recipes</h2><p class="note">${RECIPES}</p>${recipes.map((one) => recipeHtml(one, hrefOf)).join("\n")}</section>`,
    ];
    const all = [...first, ...figures, ...rest, { id: "recipes", title: "Recipes" }];
    const links = all.map(({ id, title: name }) => `<a href="#${escapeHtml(id)}">${escapeHtml(name)}</a>`);
    return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<header><h1>${escapeHtml(title)}</h1><p class="note">${escapeHtml(intro)}</p><nav>${links.join("")}</nav></header>
${warningsHtml(warnings)}
<main>
${sections.join("\n")}
</main></body></html>
`;
  },
);
