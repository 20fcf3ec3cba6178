#!/usr/bin/env node
import { setMaxListeners } from 'node:events';
import { Command, CommanderError, Option } from 'commander';
import { version } from '../engine/version';
import { addExamples } from './examples';
import { compiled } from './invocation';
import type { TargetOptions } from './target';
import { Terminal } from './terminal';

/** What all commands share. */
export interface CommonOptions {
  readonly env: string;
  readonly json?: boolean;
}

/** Ends a run in order on the first interruption, at once on the second. */
const interruption = new AbortController();
// Every wait of a run listens for it.
setMaxListeners(0, interruption.signal);

function build(): Command {
  const program = new Command('flowyard')
    .description('A Kubeflow distribution in TypeScript')
    .version(version)
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .exitOverride();

  const withEnvironment = (command: Command) =>
    command
      .option('-e, --env <name>', 'environment: a file of the folder environments/', 'local')
      .option('--json', 'one JSON document for machines');
  const withCluster = (command: Command) =>
    withEnvironment(command)
      .option('--kubeconfig <file>', 'kubeconfig of a cluster of yours (default: $KUBECONFIG, ~/.kube/config)')
      .option('--context <name>', 'context of that kubeconfig: deploys there instead of the embedded control plane')
      .option('--new-cluster', 'the cluster may be another than the one of the last run')
      .addOption(
        new Option('--engine <name>', 'what deploys; auto: Pulumi, but for environments of an embedded control plane')
          .choices(['auto', 'embedded', 'pulumi'])
          .default('auto'),
      )
      .option('--layer <name>', 'platform or tenants, as a stack of its own; with Pulumi');
  // Each engine loads only what it needs.
  const byEngine = async (
    options: TargetOptions,
    embedded: () => Promise<number>,
    pulumi: (commands: typeof import('./pulumi')) => Promise<number>,
  ) => {
    const asked = options.engine ?? 'auto';
    const commands = asked === 'embedded' ? undefined : await import('./pulumi.js');
    exit(commands?.engineOf(options) === 'pulumi' ? await pulumi(commands) : await embedded());
  };

  withCluster(program.command('up'))
    .description('make the cluster match the environment')
    .option('--yes', 'do not ask before changing a cluster of yours')
    .option('--adopt', 'take over objects that somebody else made')
    .option('--acknowledge <object...>', 'let a protected object go, named as in the refusal')
    .action(options =>
      byEngine(
        options,
        async () => (await import('./up.js')).up(options, interruption.signal),
        commands => commands.upWithPulumi(options, interruption.signal),
      ),
    );

  withCluster(program.command('preview'))
    .description('tell what `up` would do, and change nothing')
    .action(options =>
      byEngine(
        options,
        async () => (await import('./up.js')).preview(options, interruption.signal),
        commands => commands.previewWithPulumi(options, interruption.signal),
      ),
    );

  withCluster(program.command('status'))
    .description('tell what is deployed and how it fares')
    .action(options =>
      byEngine(
        options,
        async () => (await import('./status.js')).status(options),
        commands => commands.statusWithPulumi(options),
      ),
    );

  withCluster(program.command('destroy'))
    .description('take away what was deployed, backwards; what holds data stays unless acknowledged')
    .option('--yes', 'do not ask before changing a cluster of yours')
    .option('--acknowledge <object...>', 'let a protected object go, named as in the refusal')
    .option('--delete-data', 'let all protected objects go: tenants, volumes and all')
    .action(options =>
      byEngine(
        options,
        async () => (await import('./destroy.js')).destroy(options, interruption.signal),
        commands => commands.destroyWithPulumi(options, interruption.signal),
      ),
    );

  withEnvironment(program.command('synth'))
    .description('write the manifests to a folder; needs no cluster')
    .option('-o, --output <folder>', 'folder for the files (default: dist/ENV)')
    .addOption(new Option('--gitops <controller>', 'write for Argo CD or Flux').choices(['argocd', 'flux']))
    .option('--repo-url <url>', 'GitOps: the repository that the output is committed to')
    .option('--revision <name>', 'GitOps: its branch, refs/tags/TAG or commit')
    .option('--path <folder>', 'GitOps: the folder of the repository that holds the output')
    .option('--repo-secret <name>', "Flux: the Secret with the repository's credentials")
    .option('--secrets <how>', "GitOps: 'external-secrets' reads the values of Secrets from a store")
    .option('--secret-store <name>', 'a ClusterSecretStore, or SecretStore/NAME for one in each namespace')
    .option(
      '--secret-key <template>',
      "where the store keeps a value (default: 'flowyard/{environment}/{namespace}/{name}/{key}')",
    )
    .option('--no-generate-secrets', 'the store is filled by others')
    .action(async options =>
      exit(
        options.gitops
          ? (await import('./gitops.js')).synthGitops(options)
          : (await import('./synth.js')).synth(options),
      ),
    );

  withEnvironment(program.command('graph'))
    .description('draw the platform: its parts, who needs whom, tenants, namespaces, node pools')
    .option('-o, --output <file>', 'file to write (default: dist/ENV.html)')
    .addOption(new Option('--format <name>', "default: as the file's name ends").choices(['html', 'svg', 'json']))
    .action(async options => exit((await import('./graph.js')).graph(options)));

  withCluster(program.command('doctor'))
    .description('tell what this machine, or a cluster, lacks for the environment')
    .action(async options => exit(await (await import('./doctor.js')).doctor(options, interruption.signal)));

  program
    .command('init <folder>')
    .description('write the repository of a distribution of your own')
    .option('--name <name>', "name of the distribution (default: the folder's)")
    .option('-e, --env <name>', 'its first environment', 'dev')
    .option('--flowyard <version>', 'version or tarball that it depends on (default: this one)')
    .option('--json', 'one JSON document for machines')
    .action(async (folder, options) => exit((await import('./init.js')).init(folder, options)));

  program
    .command('setup')
    .description('make the binaries of the embedded control plane ready')
    .option('--json', 'one JSON document for machines')
    .action(async options => exit(await (await import('./setup.js')).setup(options, interruption.signal)));

  program
    .command('completion <shell>')
    .description('print a script that completes commands and options: bash, zsh or fish')
    .action(async shell => {
      process.stdout.write((await import('./completion.js')).completion(program, shell));
    });

  const cluster = program.command('cluster').description('embedded control planes on this machine');
  const named = (name: string, description: string) =>
    cluster.command(`${name} [name]`).description(description).option('--json', 'one JSON document for machines');
  const run = async (call: (commands: typeof import('./cluster')) => Promise<number>) =>
    exit(await call(await import('./cluster.js')));
  named('list', 'all of them').action((_, options) => run(commands => commands.listClusters(options)));
  named('start', 'start one with the node pools of the environment of its name').action((name = 'local', options) =>
    run(commands => commands.startCluster(name, options, interruption.signal)),
  );
  named('stop', 'stop one; its data stays').action((name = 'local', options) =>
    run(commands => commands.stopCluster(name, options)),
  );
  named('status', 'processes, ports and health').action((name = 'local', options) =>
    run(commands => commands.clusterStatus(name, options)),
  );
  named('delete', 'delete one and its data').action((name = 'local', options) =>
    run(commands => commands.deleteCluster(name, options)),
  );
  named('connect', 'how to reach it with kubectl').action((name = 'local', options) =>
    run(commands => commands.connectCluster(name, options)),
  );
  named('logs', 'logs of its processes')
    .option(
      '--component <name>',
      'one process: etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kwok-controller',
      'kube-apiserver',
    )
    .action((name = 'local', options) => run(commands => commands.clusterLogs(name, options)));
  addExamples(program);
  return program;
}

function exit(code: number): void {
  process.exitCode = code;
}

async function main(): Promise<void> {
  // A fork is in TypeScript, and Node takes no JavaScript but its own.
  if (compiled) (await import('tsx/cjs/api')).register();
  // Whoever stops reading, as `head` does, does not stop a deployment.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  process.on('SIGINT', () => {
    if (interruption.signal.aborted) process.exit(130);
    process.stderr.write('\nstopping after the current step; once more to stop at once\n');
    interruption.abort();
  });
  try {
    await build().parseAsync();
  } catch (error) {
    // Commander has printed what was wrong; help and version are no failures.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else process.exitCode = new Terminal(process.argv.includes('--json')).failure(error);
    if (interruption.signal.aborted) process.exitCode = 130;
  }
}

void main();
