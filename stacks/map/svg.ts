import { allTenants, type Box, type Layout, layOut, sizes, textWidth } from './layout';
import { type MapPart, type PlatformMap, plural } from './model';
import { style } from './style';

/** How a map is drawn. */
export interface SvgOptions {
  /** Whether parts can be chosen: for pages. @default false */
  readonly interactive?: boolean;
}

/** Draws a map as one self-contained picture, light or dark as its reader is. */
export function toSvg(map: PlatformMap, { interactive = false }: SvgOptions = {}): string {
  const layout = layOut(map);
  const drawing = new Drawing(map, layout, interactive);
  const { width, height } = layout;
  const role = interactive ? 'role="group"' : 'role="img"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ${role} aria-labelledby="map-title map-text">
<title id="map-title">${escaped(`Platform '${map.name}'`)}</title>
<desc id="map-text">${escaped(sentences(map))}</desc>
<style>${style}</style>
<rect class="paper" width="${width}" height="${height}"/>
${drawing.all().join('\n')}
</svg>
`;
}

class Drawing {
  constructor(
    private readonly map: PlatformMap,
    private readonly layout: Layout,
    private readonly interactive: boolean,
  ) {}

  public all(): string[] {
    return [
      ...this.header(),
      ...this.layout.edges.map(({ from, to, path }) => this.edge(from, to, path)),
      ...this.tenants(),
      ...this.map.components.map(part => this.card(part)),
      ...this.namespaces(),
      ...this.pools(),
    ];
  }

  private header(): string[] {
    const { margin } = sizes;
    const legend = this.map.tenants.length > 0 ? 'teams on the left' : 'what needs others on the left';
    return [
      text('title', margin, margin + 24, this.map.name),
      text('subtitle', margin, margin + 48, this.map.line),
      text(
        'hint',
        margin,
        margin + 70,
        `An arrow leads from a part to one that it needs: ${legend}, foundations on the right. Numbers count objects.`,
      ),
    ];
  }

  private edge(from: string, to: string, path: string): string {
    const end = /([\d.]+) ([\d.]+)$/.exec(path)!;
    const [x, y] = [Number(end[1]), Number(end[2])];
    const tip = `M${x - 6} ${y - 3.5}L${x} ${y}L${x - 6} ${y + 3.5}`;
    return `<g class="edge" data-from="${escaped(from)}" data-to="${escaped(to)}"><path d="${path}"/><path d="${tip}"/></g>`;
  }

  private card({ id, title, line, namespaces, objects }: MapPart): string {
    const { x, y, width, height } = this.layout.boxes.get(id)!;
    const number = String(objects.length);
    const placed = namespaces.length === 1 && namespaces[0] !== id ? `${line} · in ${namespaces[0]}` : line;
    const shown = textWidth(placed, 11.5) <= width - 30 ? placed : fitted(line, width - 30, 11.5);
    return this.part(id, `${title}: ${plural(objects.length, 'object')}, ${line}`, 'card', [
      rect('body', { x, y, width, height }, 8),
      rect('mark', { x, y: y + 12, width: 3, height: height - 24 }, 1.5),
      text('name', x + 16, y + 25, fitted(title, width - 56, 14)),
      text('number', x + width - 14, y + 25, number),
      text('line', x + 16, y + 45, shown),
    ]);
  }

  private tenants(): string[] {
    const panel = this.layout.tenants;
    if (!panel) return [];
    return [
      `<g class="panel" data-id="${allTenants}">${rect('', panel, 12)}${text('label', panel.x + 16, panel.y + 22, 'TENANTS')}</g>`,
      ...this.map.tenants.map(({ id, title, line, objects }) => {
        const { x, y, width, height } = this.layout.boxes.get(id)!;
        return this.part(id, `tenant ${title} of ${line}: ${plural(objects.length, 'object')}`, 'tenant', [
          rect('body', { x, y, width, height }, 7),
          text('name', x + 12, y + 19, fitted(title, width - 24, 12.5)),
          text('line', x + 12, y + 35, fitted(line, width - 24, 11)),
        ]);
      }),
    ];
  }

  private namespaces(): string[] {
    const rest = this.map.tenants.length > 0 ? ', and one for each tenant' : '';
    return [
      text('label', sizes.margin, this.layout.headings.namespaces + 12, 'NAMESPACES'),
      text('aside', sizes.margin + 96, this.layout.headings.namespaces + 12, `with the parts that they hold${rest}`),
      ...this.map.namespaces.map(({ name, parts }, at) => {
        const { x, y, width, height } = this.layout.namespaces[at]!;
        return this.part(`namespace ${name}`, `namespace ${name}: ${parts.join(', ')}`, 'chip', [
          rect('body', { x, y, width, height }, height / 2),
          text('name', x + 14, y + 19.5, name),
          text('number', x + width - 13, y + 19.5, String(parts.length)),
        ]);
      }),
    ];
  }

  private pools(): string[] {
    if (this.map.pools.length === 0) return [];
    return [
      text('label', sizes.margin, this.layout.headings.pools + 12, 'NODE POOLS'),
      ...this.map.pools.map(({ name, nodes, line, gpu, platform }, at) => {
        const { x, y, width, height } = this.layout.pools[at]!;
        const shown = Math.min(nodes, 14);
        const dots = Array.from({ length: shown }, (_, dot) =>
          rect('node', { x: x + 16 + dot * 14, y: y + height - 19, width: 9, height: 9 }, 2),
        );
        const more = nodes > shown ? [text('aside', x + 18 + shown * 14, y + height - 10.5, '…')] : [];
        const tag = [...(platform ? ['platform'] : []), ...(gpu ? ['GPU'] : [])].join(' · ');
        return `<g class="pool${gpu ? ' gpu' : ''}">${[
          rect('body', { x, y, width, height }, 8),
          text('name', x + 16, y + 22, `${nodes} × ${fitted(name, width - 120, 13)}`),
          ...(tag ? [text('number', x + width - 14, y + 22, tag)] : []),
          text('line', x + 16, y + 40, fitted(line, width - 30, 11.5)),
          ...dots,
          ...more,
        ].join('')}</g>`;
      }),
    ];
  }

  private part(id: string, label: string, kind: string, content: readonly string[]): string {
    const handle = this.interactive ? ` tabindex="0" role="button" aria-label="${escaped(label)}"` : '';
    return `<g class="part ${kind}" data-id="${escaped(id)}"${handle}>${content.join('')}</g>`;
  }
}

/** The map in words: what the picture says to those who do not see it. */
export function sentences({ components, tenants, edges, pools, line }: PlatformMap): string {
  const needs = components.map(({ id }) => {
    const own = edges.filter(({ from }) => from === id).map(({ to }) => to);
    return own.length > 0 ? `${id} needs ${own.join(', ')}.` : `${id} needs no other part.`;
  });
  return [
    `${line}.`,
    ...needs,
    ...(tenants.length > 0 ? [`Tenants: ${tenants.map(({ title }) => title).join(', ')}.`] : []),
    ...(pools.length > 0 ? [`Node pools: ${pools.map(({ name, nodes }) => `${nodes} × ${name}`).join(', ')}.`] : []),
  ].join(' ');
}

function rect(kind: string, { x, y, width, height }: Box, radius: number): string {
  const name = kind ? ` class="${kind}"` : '';
  return `<rect${name} x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`;
}

function text(kind: string, x: number, y: number, content: string): string {
  return `<text class="${kind}" x="${x}" y="${y}">${escaped(content)}</text>`;
}

/** Text that is cut where it would not fit. */
function fitted(content: string, width: number, size: number): string {
  if (textWidth(content, size) <= width) return content;
  return `${content.slice(0, Math.floor(width / (size * 0.56)) - 1).trimEnd()}…`;
}

/** Text as markup takes it. */
export function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
