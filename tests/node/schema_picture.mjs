// Draws the schema: one picture per area by Graphviz, set below and beside each other. Asked with
// {"areas": [{"title", "graph"}]} (graphs in DOT); answers {"svg"}.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.argv[2]}/`);
const { instance } = await import(pathToFileURL(require.resolve("@viz-js/viz")));
const viz = await instance();

const GAP = 48;
const TITLE = 40;
const COLUMNS = 3;

function drawn({ title, graph }) {
  const svg = viz.renderString(graph, { format: "svg" });
  const [, width, height] = svg.match(/width="([\d.]+)pt" height="([\d.]+)pt"/).map(Number);
  const [, viewBox] = svg.match(/viewBox="([^"]+)"/);
  const body = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>"));
  return { title, width, height, viewBox, body };
}

function picture(areas) {
  const columns = Array.from({ length: COLUMNS }, () => ({ width: 0, height: GAP, areas: [] }));
  for (const area of areas.map(drawn)) {
    const column = columns.reduce((least, one) => (one.height < least.height ? one : least));
    column.areas.push({ ...area, top: column.height });
    column.width = Math.max(column.width, area.width);
    column.height += TITLE + area.height + GAP;
  }
  const parts = [];
  let left = GAP;
  for (const column of columns) {
    for (const { title, top, width, height, viewBox, body } of column.areas) {
      parts.push(
        `<text class="area" x="${left}" y="${top + TITLE - 16}">${title}</text>`,
        `<svg x="${left}" y="${top + TITLE}" width="${width}" height="${height}" viewBox="${viewBox}">${body}</svg>`,
      );
    }
    left += column.width + GAP;
  }
  const height = Math.max(...columns.map((column) => column.height));
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 ${left} ${height}">
<style>
svg { background: #fff; color: #1f2328; font-family: Helvetica, Arial, sans-serif }
text { fill: currentColor }
.area { font-size: 22px; font-weight: bold }
text[fill="#666666"] { fill: #656d76 }
polygon[fill="#eeeeee"] { fill: #ddf4ff }
polygon[stroke="black"], path[stroke="black"] { stroke: #8c959f }
polygon[fill="black"] { fill: #8c959f }
@media (prefers-color-scheme: dark) {
  svg { background: #0d1117; color: #e6edf3 }
  text[fill="#666666"] { fill: #8b949e }
  polygon[fill="#eeeeee"] { fill: #12283f }
  polygon[stroke="black"], path[stroke="black"] { stroke: #6e7681 }
  polygon[fill="black"] { fill: #6e7681 }
}
</style>
${parts.join("\n")}
</svg>
`;
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { svg: picture(JSON.parse(line).areas) };
  } catch (error) {
    answer = { failed: String(error.stack) };
  }
  console.log(JSON.stringify(answer));
}
