import { graphlib, layout } from '@dagrejs/dagre';

/** Something to be placed: a card, or a panel of cards. */
export interface Item {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** One item needs another. */
export interface Link {
  readonly from: string;
  readonly to: string;

  /** Whether it is drawn; the others only say what stands left of what. */
  readonly drawn: boolean;
}

/** Where an item ended up, by its centre. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Items in columns, and the heights at which links pass the columns between their ends. */
export interface Columns {
  readonly places: ReadonlyMap<string, Place>;

  /** By the index of the link. */
  readonly passes: readonly (readonly Place[])[];
}

/** Distances in pixels. */
export interface Spacing {
  readonly between: number;
  readonly cards: number;
  readonly passes: number;
}

/** A card, or a link that passes, on its way through a column. */
interface Slot {
  readonly x: number;
  readonly height: number;
  readonly order: number;
  readonly card: boolean;
  readonly neighbours: Slot[];
  y: number;
}

const ROUNDS = 24;

/**
 * Arranges items from left to right. The library decides columns and the order within them; heights are ours, since its
 * own spread a wide graph over twice the room.
 */
export function arrange(items: readonly Item[], links: readonly Link[], spacing: Spacing): Columns {
  const graph = ordered(items, links, spacing);
  const slots = new Map(
    items.map(({ id, height }): [string, Slot] => {
      const { x, y } = graph.node(id);
      return [id, { x, height, order: y, card: true, neighbours: [], y }];
    }),
  );
  const columns = [...new Set([...slots.values()].map(({ x }) => x))].sort((a, b) => a - b);
  const passing = links.map(({ from, to, drawn }) => {
    const [start, end] = [slots.get(from)!, slots.get(to)!];
    if (!drawn) return [];
    const points: Place[] = graph.edge(from, to).points;
    const between = columns.filter(x => x > start.x && x < end.x);
    const passes = between.map((x): Slot => {
      const { y } = points.reduce((best, point) => (Math.abs(point.x - x) < Math.abs(best.x - x) ? point : best));
      return { x, height: 0, order: y, card: false, neighbours: [], y };
    });
    const way = [start, ...passes, end];
    way.slice(1).forEach((slot, at) => {
      slot.neighbours.push(way[at]!);
      way[at]!.neighbours.push(slot);
    });
    return passes;
  });
  settle(
    columns.map(x => [...slots.values(), ...passing.flat()].filter(slot => slot.x === x)),
    spacing,
  );
  return { places: slots, passes: passing };
}

function ordered(items: readonly Item[], links: readonly Link[], { between, cards, passes }: Spacing): graphlib.Graph {
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', ranksep: between, nodesep: cards, edgesep: passes });
  for (const { id, width, height } of items) graph.setNode(id, { width, height });
  // What needs nothing stands in the last column.
  const ground = '(ground)';
  graph.setNode(ground, { width: 1, height: 1 });
  for (const { from, to, drawn } of links) graph.setEdge(from, to, { weight: drawn ? 2 : 0 });
  for (const { id } of items) {
    if (!links.some(({ from }) => from === id)) graph.setEdge(id, ground, { weight: 0 });
  }
  layout(graph);
  return graph;
}

/** Draws everything towards what it is linked to, as far as its column has room. */
function settle(columns: readonly Slot[][], { cards, passes }: Spacing): void {
  const gap = (a: Slot, b: Slot) => (a.height + b.height) / 2 + (a.card && b.card ? cards : passes);
  for (const column of columns) column.sort((a, b) => a.order - b.order);
  const move = (column: Slot[], wanted: (slot: Slot) => number) => spread(column, wanted, gap);
  for (const column of columns) move(column, () => 0);
  for (let round = 0; round < ROUNDS; round++) {
    for (const column of round % 2 === 0 ? columns : [...columns].reverse()) {
      move(column, ({ neighbours, y }) =>
        neighbours.length === 0 ? y : neighbours.reduce((sum, each) => sum + each.y, 0) / neighbours.length,
      );
    }
  }
}

/** Puts each slot as near to where it wants to be as distances allow: the least squares of what it is off. */
function spread(column: readonly Slot[], wanted: (slot: Slot) => number, gap: (a: Slot, b: Slot) => number): void {
  let offset = 0;
  const offsets = column.map((slot, at) => {
    if (at > 0) offset += gap(column[at - 1]!, slot);
    return offset;
  });
  const blocks: { sum: number; count: number }[] = [];
  const mean = ({ sum, count }: { sum: number; count: number }) => sum / count;
  column.forEach((slot, at) => {
    blocks.push({ sum: wanted(slot) - offsets[at]!, count: 1 });
    while (blocks.length > 1 && mean(blocks.at(-2)!) > mean(blocks.at(-1)!)) {
      const { sum, count } = blocks.pop()!;
      const before = blocks.at(-1)!;
      before.sum += sum;
      before.count += count;
    }
  });
  const places = blocks.flatMap(block => Array.from({ length: block.count }, () => mean(block)));
  column.forEach((slot, at) => {
    slot.y = places[at]! + offsets[at]!;
  });
}
