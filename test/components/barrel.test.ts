import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(__dirname, '../../components');
const components = readdirSync(folder, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);

test.each(components)('everything of %s but its release is exported with the others', name => {
  const { release: _, ...own } = require(join(folder, name));

  expect(require(folder)).toEqual(expect.objectContaining(own));
});
