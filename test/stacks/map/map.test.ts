import { loadEnvironment } from '../../../environments';
import { mapOf, type PlatformMap, toPage, toSvg } from '../../../stacks/map';
import { layOut } from '../../../stacks/map/layout';
import { composePlatform } from '../../../stacks/platform';
import { largeMap } from '../../support/large-map';

const local = loadEnvironment('local');

function fixture(): PlatformMap {
  return mapOf(composePlatform(local));
}

describe('a map', () => {
  test('tells who needs whom, and why', () => {
    const { edges } = fixture();
    const reasons = (from: string, to: string) =>
      edges.find(edge => edge.from === from && edge.to === to)?.reasons.join('\n');

    expect(reasons('tenant-team-vision', 'minio')).toContain("was given 'minio'");
    expect(reasons('training-operator', 'kubeflow')).toContain(
      'ServiceAccount kubeflow/training-operator → Namespace kubeflow',
    );
    expect(reasons('kubeflow', 'minio')).toBeUndefined();
  });

  test('has every object of the platform in one part', () => {
    const { components, tenants, line } = fixture();

    const objects = [...components, ...tenants].flatMap(part => part.objects);
    expect(line).toContain(`${objects.length} objects`);
    expect(components.find(({ id }) => id === 'cert-manager')!.line).toBe('6 CRDs · 3 deployments');
  });

  test('has tenants with their owners, namespaces with their parts, and node pools', () => {
    const { tenants, namespaces, pools } = fixture();

    expect(tenants.map(({ title, line }) => [title, line])).toContainEqual(['team-vision', 'ada@example.com']);
    expect(namespaces.find(({ name }) => name === 'kubeflow')!.parts).toEqual(
      expect.arrayContaining(['kubeflow', 'training-operator']),
    );
    expect(pools).toContainEqual({
      ...{ name: 'gpu-l4', nodes: 2, gpu: true, platform: false },
      line: '16 CPU · 64Gi · 4 × nvidia-l4',
    });
  });
});

describe.each([
  ['local', fixture],
  ['30 components and 20 tenants', largeMap],
  ['30 components and no tenants', () => largeMap(0)],
])('the picture of %s', (_, make) => {
  const map = make();
  const layout = layOut(map);
  const cards = [...layout.boxes].filter(([id]) => id !== '(tenants)');

  test('has no two cards one over the other', () => {
    const overlaps = cards.flatMap(([a, box], at) =>
      cards
        .slice(at + 1)
        .filter(
          ([, other]) =>
            box.x < other.x + other.width &&
            other.x < box.x + box.width &&
            box.y < other.y + other.height &&
            other.y < box.y + box.height,
        )
        .map(([b]) => `${a} and ${b}`),
    );

    expect(cards).toHaveLength(map.components.length + map.tenants.length);
    expect(overlaps).toEqual([]);
  });

  test('has no edge over a card that it does not join', () => {
    const crossings = layout.edges.flatMap(({ from, to, path }) => {
      const points = sampled(path);
      return cards
        .filter(([id]) => id !== to && id !== from && !(from === '(tenants)' && id.startsWith('tenant-')))
        .filter(([, box]) =>
          points.some(
            ([x, y]) => x > box.x + 1 && x < box.x + box.width - 1 && y > box.y + 1 && y < box.y + box.height - 1,
          ),
        )
        .map(([id]) => `${from} → ${to} crosses ${id}`);
    });

    expect(layout.edges.length).toBeGreaterThan(2);
    expect(crossings).toEqual([]);
  });

  test('shows all of itself', () => {
    for (const [, { x, y, width, height }] of cards) {
      expect([x >= 0, y >= 0, x + width <= layout.width, y + height <= layout.height]).toEqual(Array(4).fill(true));
    }
  });
});

/** Points of a path of lines and curves, ten for each piece. */
function sampled(path: string): [number, number][] {
  const points: [number, number][] = [];
  let [x, y] = [0, 0];
  for (const [, command, text] of path.matchAll(/([MLC])([^MLC]+)/g)) {
    const n = text!.trim().split(/\s+/).map(Number);
    const end: [number, number] = [n.at(-2)!, n.at(-1)!];
    const bend = command === 'C' ? n : [x, y, ...end, ...end];
    for (let t = 0; command !== 'M' && t <= 1; t += 0.1) {
      const weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t ** 2 * (1 - t), t ** 3];
      const at = (of: number[]) => of.reduce((sum, value, index) => sum + value * weights[index]!, 0);
      points.push([at([x, bend[0]!, bend[2]!, end[0]]), at([y, bend[1]!, bend[3]!, end[1]])]);
    }
    [x, y] = end;
  }
  return points;
}

test('what a way over other parts implies is not drawn', () => {
  const base = fixture();
  const edge = (from: string, to: string) => ({ from, to, reasons: [] });
  const [a, b, c] = base.components.map(({ id }) => id) as [string, string, string];

  const { edges } = layOut({ ...base, tenants: [], edges: [edge(a, b), edge(b, c), edge(a, c)] });

  expect(edges.map(({ from, to }) => [from, to])).toEqual([
    [a, b],
    [b, c],
  ]);
});

test('of two parts that need each other, the arrow leads to the one added first, and the page tells both', () => {
  const base = fixture();
  const edge = (from: string, to: string) => ({ from, to, reasons: [] });
  const [a, b, c] = base.components.map(({ id }) => id) as [string, string, string];

  const map = { ...base, tenants: [], edges: [edge(a, b), edge(b, a), edge(a, c), edge(b, c)] };

  expect(layOut(map).edges.map(({ from, to }) => [from, to])).toEqual([
    [a, c],
    [b, a],
  ]);
  expect(toPage(map)).toContain(`${a} needs ${b}, ${c}. ${b} needs ${a}, ${c}.`);
});

test.each([
  ['page', toPage],
  ['picture', (map: PlatformMap) => toSvg(map)],
])('a %s has the same bytes twice, and asks nobody for anything', (_, draw) => {
  const text = draw(fixture());

  expect(draw(fixture())).toBe(text);
  expect(text.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|url\(|@import|\s(src|href)=/);
});

test('a page says in words what its picture shows', () => {
  const page = toPage(fixture());

  expect(page).toContain('<td>training-operator</td><td>20</td>');
  expect(page).toContain('training-operator needs kubeflow.');
  expect(page).toContain('aria-label="tenant team-vision of ada@example.com: ');
});

test('names are text, not markup', () => {
  const base = fixture();
  const tenants = base.tenants.map(tenant => ({ ...tenant, line: '</script><b>&"' }));

  const page = toPage({ ...base, tenants });

  expect(page).toContain('&lt;/script&gt;&lt;b&gt;&amp;&quot;');
  expect(page).not.toContain('</script><b>');
});
