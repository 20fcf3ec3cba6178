import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type ClusterPaths, COMPONENTS, type Component } from './paths';

/** Process ids of the running components. */
export type Running = Partial<Record<Component, number>>;

/**
 * Finds the running components of a cluster.
 *
 * Asks the process table, since a pid file lies after a reboot (the number may belong to a stranger) and in containers
 * (a dead process stays until its parent looks).
 */
export async function runningComponents(paths: ClusterPaths): Promise<Running> {
  const running: Running = {};
  for (const { pid, command } of await processes()) {
    const component = COMPONENTS.find(name => {
      const executable = paths.executable(name);
      return command === executable || command.startsWith(`${executable} `);
    });
    if (component) {
      running[component] = pid;
    }
  }
  return running;
}

async function processes(): Promise<{ pid: number; command: string }[]> {
  if (process.platform === 'linux') {
    return fs
      .readdirSync('/proc')
      .filter(entry => /^\d+$/.test(entry))
      .map(entry => ({ pid: Number(entry), command: commandLine(entry) }));
  }
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command='], { maxBuffer: 64 << 20 });
  return stdout
    .split('\n')
    .map(line => /^\s*(\d+)\s+(.*)$/.exec(line))
    .flatMap(match => (match ? [{ pid: Number(match[1]), command: match[2] }] : []));
}

/** Empty for processes that ended meanwhile, and for those that are dead and not yet collected. */
function commandLine(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ');
  } catch {
    return '';
  }
}

/** Makes the pid files tell the truth, since kwokctl believes them. */
export function correctPidFiles(paths: ClusterPaths, running: Running): void {
  for (const component of COMPONENTS) {
    const pid = running[component];
    if (pid === undefined) {
      fs.rmSync(paths.pid(component), { force: true });
    } else {
      fs.mkdirSync(path.dirname(paths.pid(component)), { recursive: true });
      fs.writeFileSync(paths.pid(component), String(pid));
    }
  }
}

/** Ends all components, those that depend on others first, and returns when none is left. */
export async function endComponents(paths: ClusterPaths): Promise<void> {
  const groups: Component[][] = [
    ['kwok-controller', 'kube-scheduler', 'kube-controller-manager'],
    ['kube-apiserver'],
    ['etcd'],
  ];
  for (const group of groups) {
    // An API server waits for its watchers to leave; what counts is that etcd ends in order.
    await endGroup(paths, group, group[0] === 'etcd' ? 10_000 : 1_500);
  }
  correctPidFiles(paths, {});
}

async function endGroup(paths: ClusterPaths, group: readonly Component[], patienceMilliseconds: number): Promise<void> {
  const alive = async () => {
    const running = await runningComponents(paths);
    return group.flatMap(component => running[component] ?? []);
  };
  let left = await alive();
  send(left, 'SIGTERM');
  const deadline = Date.now() + patienceMilliseconds;
  while (left.length > 0) {
    if (Date.now() > deadline) {
      send(left, 'SIGKILL');
    }
    await sleep(30);
    left = await alive();
  }
}

function send(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }
}
