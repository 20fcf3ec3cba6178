import type { Command } from 'commander';

/** Examples of each command, by its path below `flowyard`; each with what it is for. */
export const examples: Readonly<Record<string, readonly (readonly [example: string, purpose: string])[]>> = {
  up: [
    ['flowyard up', 'the environment local, on a control plane of this machine'],
    ['flowyard up --env prod --yes', 'with Pulumi, unasked'],
    ['flowyard up --env local --context my-cluster', 'on a cluster that runs containers'],
    ['flowyard up --env prod --acknowledge Profile/team-vision', 'lets a tenant go that was taken out'],
  ],
  preview: [['flowyard preview --env prod', 'each object with the fields that would change']],
  status: [['flowyard status --json', 'for machines; exit code 1 when something is unwell']],
  destroy: [
    ['flowyard destroy', 'keeps volumes and tenants'],
    ['flowyard destroy --delete-data', 'takes those, too'],
  ],
  synth: [
    [
      'flowyard synth -o manifests',
      'namespaces and CRDs, then a file per component: apply them in the order of their numbers',
    ],
    [
      'flowyard synth --env prod --gitops argocd --repo-url https://git.example.com/ml.git --revision main --path clusters/prod --secrets external-secrets --secret-store vault',
      'what Argo CD deploys it from',
    ],
  ],
  graph: [
    ['flowyard graph', 'a page to look at, dist/local.html'],
    ['flowyard graph --env prod --format svg -o platform.svg', 'a picture for documents'],
  ],
  doctor: [
    ['flowyard doctor', 'what this machine lacks'],
    ['flowyard doctor --env prod --context my-cluster', 'whether that cluster lets you'],
  ],
  init: [
    ['flowyard init ../my-platform', 'a repository of your own that depends on this release'],
    ['flowyard init ../my-platform --env prod', 'with the environment prod to begin with'],
  ],
  setup: [['flowyard setup', 'once per machine; up does it, too']],
  completion: [
    ['source <(flowyard completion bash)', 'in ~/.bashrc'],
    ['source <(flowyard completion zsh)', 'in ~/.zshrc, after compinit'],
    ['flowyard completion fish > ~/.config/fish/completions/flowyard.fish', 'once'],
  ],
  'cluster list': [['flowyard cluster list', '']],
  'cluster start': [['flowyard cluster start local', '']],
  'cluster stop': [['flowyard cluster stop local', '']],
  'cluster status': [['flowyard cluster status local --json', '']],
  'cluster delete': [['flowyard cluster delete local', '']],
  'cluster connect': [['$(flowyard cluster connect)', 'from then on, kubectl talks to it']],
  'cluster logs': [['flowyard cluster logs local --component kube-scheduler', '']],
};

const exitCodes = `
Exit codes:
  0    done
  1    not done, or something is unwell
  2    the command, its options or the environment are wrong; nothing was called
  130  interrupted, or not confirmed
`;

/** Adds examples to the help of every command, and the exit codes to that of the program. */
export function addExamples(program: Command): void {
  program.addHelpText('after', exitCodes);
  for (const [path, command] of commandsOf(program)) {
    const own = examples[path];
    if (!own) continue;
    const lines = own.map(([example, purpose]) => `  $ ${example}${purpose ? `\n      ${purpose}` : ''}`);
    command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
  }
}

/** All commands by their path below the program. */
export function commandsOf(program: Command, prefix = ''): [path: string, command: Command][] {
  return program.commands.flatMap(command => {
    const path = prefix + command.name();
    return [[path, command] as [string, Command], ...commandsOf(command, `${path} `)];
  });
}
