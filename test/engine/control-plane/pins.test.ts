import * as fs from 'node:fs';
import * as path from 'node:path';
import { toolsDirectory } from '../../../engine/control-plane/binaries';
import { BUNDLES } from '../../../engine/control-plane/pins';

test.each(BUNDLES.map(bundle => [bundle.name, bundle] as const))(
  'go.mod of %s pins the same version',
  (name, bundle) => {
    const goMod = fs.readFileSync(path.join(toolsDirectory(), name, 'go.mod'), 'utf8');

    expect(goMod).toContain(`${bundle.module} v${bundle.version} `);
    Object.values(bundle.packages).forEach(each => {
      expect(goMod).toMatch(new RegExp(`^(tool |\t)${each}$`, 'm'));
    });
  },
);

test('every download is pinned by a checksum of full length and yields binaries of its bundle', () => {
  const lengths: Record<string, number> = { sha256: 64, sha512: 128 };
  for (const bundle of BUNDLES) {
    for (const download of Object.values(bundle.downloads).flat()) {
      const [algorithm, digest] = download.checksum.split(':');
      expect(digest).toMatch(/^[0-9a-f]+$/);
      expect(digest).toHaveLength(lengths[algorithm]);
      expect(Object.keys(bundle.packages)).toEqual(expect.arrayContaining(Object.keys(download.entries)));
    }
  }
});
