import { binaryPath, ClusterPaths, cacheDirectory } from '../../../engine/control-plane/paths';

test.each([
  [{ FLOWYARD_CACHE: '/data/cache', XDG_CACHE_HOME: '/xdg' }, 'linux', '/data/cache'],
  [{ XDG_CACHE_HOME: '/xdg' }, 'linux', '/xdg/flowyard'],
  [{ XDG_CACHE_HOME: '/xdg' }, 'darwin', '/xdg/flowyard'],
  [{ XDG_CACHE_HOME: 'relative' }, 'linux', '/home/ada/.cache/flowyard'],
  [{}, 'linux', '/home/ada/.cache/flowyard'],
  [{}, 'darwin', '/home/ada/Library/Caches/flowyard'],
] as const)('the cache of %j on %s is %s', (env, platform, expected) => {
  expect(cacheDirectory(env, platform, '/home/ada')).toBe(expected);
});

test('a binary is kept by name, version and platform, under its plain name', () => {
  expect(binaryPath('/c', 'etcd', '3.6.7', 'linux-x64')).toBe('/c/bin/etcd-3.6.7-linux-x64/etcd');
});

test.each(['', 'Upper', '../up', 'a'.repeat(41), '-a'])('throws when a cluster is named %j', name => {
  expect(() => new ClusterPaths(name, '/c')).toThrow(`'name' of a cluster takes at most 40`);
});
