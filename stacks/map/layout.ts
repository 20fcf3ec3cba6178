import { reachable } from '../reachable';
import { arrange, type Columns, type Item, type Link, type Place } from './columns';
import type { PlatformMap } from './model';

/** A rectangle, from its upper left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything is on the picture. */
export interface Layout {
  readonly width: number;
  readonly height: number;

  /** Components and tenants by id. */
  readonly boxes: ReadonlyMap<string, Box>;

  /** Around all tenants; absent when there are none. */
  readonly tenants?: Box;
  readonly edges: readonly Route[];
  readonly namespaces: readonly Box[];
  readonly pools: readonly Box[];

  /** Headings of the rows below. */
  readonly headings: { readonly namespaces: number; readonly pools: number };
}

/** The way of an edge. Many that leave the tenants are drawn as one. */
export interface Route {
  readonly from: string;
  readonly to: string;
  readonly path: string;
}

/** Measures of the picture, in pixels at normal size. */
export const sizes = {
  margin: 40,
  header: 96,
  card: { width: 236, height: 62 },
  tenant: { width: 204, height: 46, gap: 10, perColumn: 10 },
  panel: { padding: 16, heading: 34 },
  spacing: { between: 92, cards: 20, passes: 12 },
  narrowest: 720,
  chip: { height: 30, gap: 10 },
  pool: { width: 232, height: 72, gap: 16 },
  section: 44,
  heading: 28,
} as const;

/** The id that stands for all tenants on the picture. */
export const allTenants = '(tenants)';

/** Places a map: who needs others on the left, what they need on the right, the ground that they stand on below. */
export function layOut(map: PlatformMap): Layout {
  const links = linksOf(map);
  const columns = arrange(itemsOf(map), links, sizes.spacing);
  const boxes = new Map<string, Box>();
  const all = itemsOf(map).map(({ id, width, height }) => {
    const { x, y } = columns.places.get(id)!;
    return { id, x: x - width / 2, y: y - height / 2, width, height };
  });
  const highest = Math.min(...all.map(({ y }) => y), ...columns.passes.flat().map(({ y }) => y));
  const origin = {
    x: sizes.margin - Math.min(...all.map(({ x }) => x)),
    y: sizes.margin + sizes.header - highest,
  };
  for (const { id, x, y, width, height } of all) {
    boxes.set(id, { x: round(x + origin.x), y: round(y + origin.y), width, height });
  }
  const tenants = boxes.get(allTenants);
  if (tenants) placeTenants(map, tenants, boxes);
  const right = Math.max(sizes.narrowest, ...[...boxes.values()].map(({ x, width }) => x + width));
  const bottom = Math.max(
    ...[...boxes.values()].map(({ y, height }) => y + height),
    ...columns.passes.flat().map(({ y }) => y + origin.y),
  );
  const headings = { namespaces: bottom + sizes.section, pools: 0 };
  const chips = wrapped(
    map.namespaces.map(({ name, parts }) => chipWidth(name, parts.length)),
    { ...sizes.chip, top: headings.namespaces + sizes.heading, right },
  );
  headings.pools = Math.max(headings.namespaces, ...chips.map(({ y, height }) => y + height)) + sizes.section;
  const pools = wrapped(
    map.pools.map(() => sizes.pool.width),
    { ...sizes.pool, top: headings.pools + sizes.heading, right },
  );
  return {
    width: right + sizes.margin,
    height: Math.max(headings.pools, ...pools.map(box => box.y + box.height)) + sizes.margin,
    ...{ boxes, tenants, namespaces: chips, pools, headings },
    edges: routes(links, columns, boxes, origin),
  };
}

function itemsOf({ components, tenants }: PlatformMap): Item[] {
  const cards = components.map(({ id }) => ({ id, ...sizes.card }));
  return tenants.length > 0 ? [...cards, { id: allTenants, ...panelSize(tenants.length) }] : cards;
}

function linksOf(map: PlatformMap): Link[] {
  const drawn = drawnEdges(map).map(edge => ({ ...edge, drawn: true }));
  if (map.tenants.length === 0) return drawn;
  // Tenants have the first column to themselves.
  const free = map.components.filter(({ id }) => !drawn.some(({ to }) => to === id));
  return [...drawn, ...free.map(({ id }) => ({ from: allTenants, to: id, drawn: false }))];
}

/** An edge of the picture, by the ids of its ends. */
interface Drawn {
  readonly from: string;
  readonly to: string;
}

/**
 * Edges of the picture. Those of all tenants are one each, what components need of tenants is told in words only, and
 * so is what a way over other parts implies. Of a circle, what leads to a part added later is told in words.
 */
function drawnEdges({ components, tenants, edges }: PlatformMap): Drawn[] {
  const ids = new Set(components.map(({ id }) => id));
  const teams = new Set(tenants.map(({ id }) => id));
  const next = new Map<string, Set<string>>([...ids, allTenants].map(id => [id, new Set()]));
  for (const { from, to } of edges) {
    if (ids.has(to)) next.get(teams.has(from) ? allTenants : from)!.add(to);
  }
  const order = [...next.keys()];
  const needed = reaches(next);
  for (const [at, from] of order.entries()) {
    for (const to of order.slice(at + 1)) if (needed.get(to)!.has(from)) next.get(from)!.delete(to);
  }
  const reach = reaches(next);
  const implied = (from: string, to: string) => [...next.get(from)!].some(id => id !== to && reach.get(id)!.has(to));
  return [...next].flatMap(([from, all]) =>
    [...all].filter(to => !implied(from, to)).map((to): Drawn => ({ from, to })),
  );
}

/** Whatever can be reached from each. */
function reaches(next: ReadonlyMap<string, ReadonlySet<string>>): Map<string, Set<string>> {
  return new Map([...next.keys()].map(id => [id, reachable(id, next)]));
}

function panelSize(tenants: number): { width: number; height: number } {
  const { tenant, panel } = sizes;
  const columns = Math.ceil(tenants / tenant.perColumn);
  const rows = Math.ceil(tenants / columns);
  return {
    width: 2 * panel.padding + columns * tenant.width + (columns - 1) * tenant.gap,
    height: panel.heading + panel.padding + rows * tenant.height + (rows - 1) * tenant.gap,
  };
}

function placeTenants({ tenants }: PlatformMap, panel: Box, boxes: Map<string, Box>): void {
  const { width, height, gap, perColumn } = sizes.tenant;
  const rows = Math.ceil(tenants.length / Math.ceil(tenants.length / perColumn));
  tenants.forEach(({ id }, at) => {
    const [column, row] = [Math.floor(at / rows), at % rows];
    boxes.set(id, {
      ...{ width, height },
      x: panel.x + sizes.panel.padding + column * (width + gap),
      y: panel.y + sizes.panel.heading + row * (height + gap),
    });
  });
}

interface Row {
  readonly top: number;
  readonly right: number;
  readonly height: number;
  readonly gap: number;
}

/** Boxes of some widths, in rows. */
function wrapped(widths: readonly number[], { top, right, height, gap }: Row): Box[] {
  let [x, y] = [sizes.margin as number, top];
  return widths.map(width => {
    if (x > sizes.margin && x + width > right) [x, y] = [sizes.margin, y + height + gap];
    const box = { x, y, width, height };
    x += width + gap;
    return box;
  });
}

/** No text is measured: letters of the fonts that may be used are at most so wide. */
export function textWidth(text: string, size: number): number {
  return Math.ceil(text.length * size * 0.56);
}

function chipWidth(name: string, parts: number): number {
  return textWidth(name, 12.5) + textWidth(String(parts), 11) + 40;
}

/** Edges leave a card on the right and enter on the left, side by side in the order of where they come from. */
function routes(links: readonly Link[], columns: Columns, boxes: ReadonlyMap<string, Box>, origin: Place): Route[] {
  const ways = links.flatMap(({ from, to, drawn }, at) => {
    const passes = columns.passes[at]!.map(({ x, y }) => ({ x: x + origin.x, y: y + origin.y }));
    return drawn ? [{ from, to, passes }] : [];
  });
  type Way = (typeof ways)[number];
  const middle = (id: string) => boxes.get(id)!.y + boxes.get(id)!.height / 2;
  const port = (id: string, way: Way, own: readonly Way[], far: (each: Way) => number) => {
    const sorted = [...own].sort((a, b) => far(a) - far(b));
    const step = Math.min(14, (boxes.get(id)!.height - 24) / Math.max(1, sorted.length - 1));
    return middle(id) + (sorted.indexOf(way) - (sorted.length - 1) / 2) * step;
  };
  return ways.map(way => {
    const { from, to, passes } = way;
    const source = boxes.get(from)!;
    const leaving = ways.filter(each => each.from === from);
    const entering = ways.filter(each => each.to === to);
    const start = {
      x: source.x + source.width,
      y: port(from, way, leaving, each => each.passes[0]?.y ?? middle(each.to)),
    };
    const end = {
      x: boxes.get(to)!.x,
      y: port(to, way, entering, each => each.passes.at(-1)?.y ?? middle(each.from)),
    };
    // Straight across each column, so that it bends only between them.
    const half = sizes.card.width / 2;
    const across = passes.flatMap(({ x, y }) => [
      { x: x - half, y },
      { x: x + half, y },
    ]);
    return { from, to, path: pathOf([start, ...across, end]) };
  });
}

function pathOf(points: readonly Place[]): string {
  return points
    .map(({ x, y }, at) => {
      if (at === 0) return `M${round(x)} ${round(y)}`;
      const before = points[at - 1]!;
      if (Math.abs(before.y - y) < 0.5) return `L${round(x)} ${round(y)}`;
      const turn = (before.x + x) / 2;
      return `C${round(turn)} ${round(before.y)} ${round(turn)} ${round(y)} ${round(x)} ${round(y)}`;
    })
    .join('');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
