import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { ClusterPaths } from '../../../engine/control-plane/paths';
import { claimPorts, isFree, readRecord } from '../../../engine/control-plane/ports';

let cache: string;
beforeEach(() => {
  cache = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'flowyard-ports-')));
});
afterEach(() => fs.rmSync(cache, { recursive: true, force: true }));

test('clusters that are created at once share no port', async () => {
  const records = await Promise.all(['a', 'b', 'c'].map(name => claimPorts(new ClusterPaths(name, cache))));

  const ports = records.flatMap(record => Object.values(record.ports));
  expect(ports).toHaveLength(18);
  expect(new Set(ports).size).toBe(18);
});

test('ports are kept for the next start', async () => {
  const paths = new ClusterPaths('a', cache);
  const record = await claimPorts(paths);

  expect(readRecord(paths.record)).toEqual(record);
});

test('a port that another program holds is passed over', async () => {
  const first = await claimPorts(new ClusterPaths('a', cache));
  const taken = first.ports.etcd;
  fs.rmSync(path.join(cache, 'clusters'), { recursive: true });
  const server = net.createServer().listen({ port: taken, host: '127.0.0.1' });
  await new Promise(resolve => server.once('listening', resolve));

  const second = await claimPorts(new ClusterPaths('b', cache));

  expect(await isFree(taken)).toBe(false);
  expect(Object.values(second.ports)).not.toContain(taken);
  await new Promise(resolve => server.close(resolve));
});

test('throws when the record is damaged', () => {
  fs.writeFileSync(path.join(cache, 'cluster.json'), '{');

  expect(() => readRecord(path.join(cache, 'cluster.json'))).toThrow(/cannot read .*cluster.json/);
});
