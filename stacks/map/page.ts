import { allTenants } from './layout';
import type { MapPart, PlatformMap } from './model';
import { script } from './script';
import { variables } from './style';
import { escaped, toSvg } from './svg';

/** A page with the picture, what is behind each part of it, and the same in words. Asks nobody for anything. */
export function toPage(map: PlatformMap): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`${map.name}: platform map`)}</title>
<style>${variables}${page}</style>
</head>
<body>
<main>
<div class="map">
${toSvg(map, { interactive: true })}</div>
<aside id="details" aria-live="polite"><p class="quiet">Choose a part to see what it holds and what it needs.</p></aside>
</main>
<details class="words">
<summary>The same in words</summary>
${inWords(map)}
</details>
<script type="application/json" id="data">${embedded(dataOf(map))}</script>
<script>${script}</script>
</body>
</html>
`;
}

const page = `
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.5 Inter,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{display:flex;align-items:flex-start;min-height:100vh}
.map{flex:1 1 auto;overflow:auto;min-width:0}
.map svg{display:block;max-width:100%;height:auto;min-width:760px}
aside{flex:0 0 320px;position:sticky;top:0;height:100vh;overflow:auto;padding:40px 28px;border-left:1px solid var(--border)}
aside h2{margin:0 0 2px;font-size:18px;letter-spacing:-.01em}
aside h3{margin:22px 0 6px;font-size:11px;letter-spacing:.08em;text-transform:uppercase;color:var(--muted)}
aside ul,aside p{margin:0;padding:0;list-style:none}
aside li{margin:0 0 8px;overflow-wrap:anywhere}
aside details li{margin:0 0 3px 14px;font-size:12.5px}
aside summary{cursor:pointer}
.quiet,small{color:var(--muted)}
small{display:block;font-size:12px}
.part[tabindex]{cursor:pointer;outline:none}
.part:focus-visible .body{stroke:var(--accent);stroke-width:2}
.part,.edge,.panel{transition:opacity .12s}
svg.focused .part:not(.near),svg.focused .edge:not(.needs):not(.needed){opacity:.22}
.words{padding:20px 40px 40px;border-top:1px solid var(--border)}
.words summary{cursor:pointer;color:var(--muted)}
table{border-collapse:collapse;margin:16px 0}
caption{text-align:left;font-weight:600;padding:8px 0}
th,td{text-align:left;vertical-align:top;padding:4px 20px 4px 0;border-top:1px solid var(--border)}
@media (max-width:900px){main{display:block}aside{position:static;height:auto;border-left:0;border-top:1px solid var(--border)}}
@media print{aside,.words{display:none}}
@media (prefers-reduced-motion:reduce){.part,.edge,.panel{transition:none}}
`;

/** What the page's script looks up. */
function dataOf({ components, tenants, edges, namespaces }: PlatformMap): object {
  const parts = [...components, ...tenants].map(({ id, title, line, objects }) => [
    id,
    {
      title,
      line,
      objects: objects.map(({ kind, name, namespace }) => [kind, namespace ? `${namespace}/${name}` : name]),
    },
  ]);
  return {
    parts: Object.fromEntries(parts),
    edges: edges.map(({ from, to, reasons }) => ({ from, to, reasons })),
    namespaces: Object.fromEntries(namespaces.map(({ name, parts: held }) => [`namespace ${name}`, held])),
    tenants: tenants.map(({ id }) => id),
    allTenants,
  };
}

/** JSON that cannot end the script that it stands in. */
function embedded(data: object): string {
  return JSON.stringify(data).replaceAll('<', '\\u003c');
}

function inWords({ components, tenants, edges, pools, namespaces }: PlatformMap): string {
  const needs = ({ id }: MapPart) =>
    edges
      .filter(({ from }) => from === id)
      .map(({ to }) => to)
      .join(', ') || '–';
  return [
    table(
      'Components',
      ['Component', 'Objects', 'Holds', 'Needs'],
      components.map(part => [part.title, String(part.objects.length), part.line, needs(part)]),
    ),
    table(
      'Tenants',
      ['Tenant', 'Owner', 'Objects', 'Needs'],
      tenants.map(part => [part.title, part.line, String(part.objects.length), needs(part)]),
    ),
    table(
      'Namespaces',
      ['Namespace', 'Parts'],
      namespaces.map(({ name, parts }) => [name, parts.join(', ')]),
    ),
    table(
      'Node pools',
      ['Pool', 'Nodes', 'Each'],
      pools.map(({ name, nodes, line }) => [name, String(nodes), line]),
    ),
  ].join('\n');
}

function table(caption: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (tag: string, row: readonly string[]) =>
    `<tr>${row.map(cell => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`;
  return `<table><caption>${caption}</caption>${cells('th', head)}${rows.map(row => cells('td', row)).join('')}</table>`;
}
