import type { DeployEvent, Plan } from '../engine/deploy';
import { colours as pc } from './colours';
import { count, duration, type Terminal } from './terminal';

interface Part {
  readonly id: string;
  readonly total: number;
  readonly startedAt: number;
  done: number;
  failed: number;
  tell?: (title: string) => void;
  end?: (error?: Error) => void;
}

/** Progress of an apply, a line per component: live for people who watch, one line at each end otherwise. */
export class ComponentProgress {
  private readonly parts = new Map<string, Part>();
  private readonly live?: Promise<unknown>;

  constructor(
    private readonly terminal: Terminal,
    planned: Plan,
  ) {
    const startedAt = Date.now();
    for (const { component, action, ready } of planned.objects) {
      if (action === 'forget' || (action === 'unchanged' && ready)) continue;
      const part = this.parts.get(component) ?? { id: component, total: 0, startedAt, done: 0, failed: 0 };
      this.parts.set(component, { ...part, total: part.total + 1 });
    }
    if (terminal.live) this.live = this.watch();
  }

  public onEvent({ type, component }: DeployEvent): void {
    const part = component === undefined ? undefined : this.parts.get(component);
    if (!part || !['ready', 'failed', 'skipped', 'deleted'].includes(type)) return;
    part.done += 1;
    if (type === 'failed' || type === 'skipped') part.failed += 1;
    part.tell?.(`${part.id} ${pc.dim(`${part.done}/${part.total}`)}`);
    if (part.done === part.total) this.close(part);
  }

  /** Waits until the last line is drawn. */
  public async finish(): Promise<void> {
    for (const part of this.parts.values()) if (part.done < part.total) this.close(part);
    await this.live;
  }

  private close(part: Part): void {
    const text = `${part.id} ${pc.dim(`${count(part.total, 'object')}, ${duration(Date.now() - part.startedAt)}`)}`;
    const failed = part.failed > 0 || part.done < part.total;
    part.tell?.(text);
    part.end?.(failed ? new Error(text) : undefined);
    if (!this.live) this.terminal.say(`  ${failed ? pc.red('✘') : pc.green('✔')} ${text}`);
  }

  private async watch(): Promise<void> {
    const { Listr } = require('listr2') as typeof import('listr2');
    const tasks = [...this.parts.values()].map(part => ({
      title: `${part.id} ${pc.dim(`${part.done}/${part.total}`)}`,
      task: (_: unknown, task: { title: string }) =>
        new Promise<void>((resolve, reject) => {
          if (part.done === part.total) return resolve();
          part.tell = title => {
            task.title = title;
          };
          part.end = error => (error ? reject(error) : resolve());
        }),
    }));
    await new Listr(tasks, { concurrent: true, exitOnError: false }).run();
  }
}
