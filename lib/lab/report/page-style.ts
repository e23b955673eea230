/** @file How the page of a report looks: on a screen by day and by night, on a phone, on paper. */

/** Colours of series that read on light and dark grounds. */
export const COLOURS: readonly string[] = [
  "#3f7fe0",
  "#e0742f",
  "#2ba36a",
  "#c9499a",
  "#8a63d2",
  "#b08c1a",
  "#1f9fb5",
  "#d64550",
];

export const STYLE = `
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5a6270; --ground: #ffffff; --line: #d8dde4; --stripe: #f5f7fa; --link: #1f5fc4; --warn: #8a5200; --warn-ground: #fff5e0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e8ee; --soft: #a2abb8; --ground: #14181e; --line: #333b46; --stripe: #1b2129; --link: #7fb0ff; --warn: #ffce85; --warn-ground: #33280f; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 76rem; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .4rem; }
h3 { font-size: .95rem; margin: 0 0 .2rem; overflow-wrap: anywhere; }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus { text-decoration: underline; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .8rem 0 0; font-size: .9rem; }
.note { color: var(--soft); font-size: .88rem; max-width: 62rem; margin: .2rem 0 .8rem; }
.warnings { background: var(--warn-ground); color: var(--warn); border-left: 4px solid currentColor; padding: .6rem 1rem; margin: 1rem 0; font-size: .92rem; overflow-wrap: anywhere; }
.warnings p { margin: .2rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { padding: .35rem .8rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
th { border-bottom-width: 2px; white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody tr:nth-child(even) { background: var(--stripe); }
small { color: var(--soft); font-size: .78rem; }
.panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); gap: 1rem 1.5rem; max-width: 100%; }
.panels.wide { grid-template-columns: repeat(auto-fill, minmax(min(32rem, 100%), 1fr)); }
figure { margin: 0; min-width: 0; overflow-x: auto; }
figure .legend { flex-direction: column; font-size: .78rem; }
figure svg { display: block; width: 100%; max-width: 30rem; height: auto; }
.wide figure svg { max-width: 42rem; min-width: 32rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .2rem 0 .8rem; font-size: .85rem; }
.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .4em; }
.legend i.dash { width: 1.6em; height: 0; border-radius: 0; border-top: 2px dashed currentColor; vertical-align: middle; }
details { border-bottom: 1px solid var(--line); padding: .3rem 0; }
summary { cursor: pointer; overflow-wrap: anywhere; }
pre { overflow-x: auto; font-size: .85rem; margin: .4rem 0; }
@media (max-width: 40rem) { body { padding: 1rem .8rem 3rem; font-size: 15px; } th, td { padding: .3rem .5rem; } }
@media print {
  :root { --ink: #000; --soft: #333; --ground: #fff; --line: #999; --stripe: #fff; --link: #000; --warn: #000; --warn-ground: #fff; color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .scroll { overflow: visible; }
  figure, tr, .warnings { break-inside: avoid; }
  h2 { break-after: avoid; }
  .panels { grid-template-columns: repeat(2, 1fr); }
}
`;
