import { join } from 'node:path';
import { loadEnvironment } from '../environments';
import { checkGitops, type GitopsOptions, type GitopsOutput, gitopsOutput, writeOutput } from '../stacks/gitops';
import { renderProject } from '../stacks/project';
import { colours as pc } from './colours';
import { count, Terminal } from './terminal';

/** Options of `synth --gitops`. */
export interface GitopsCommandOptions extends GitopsOptions {
  readonly env: string;
  readonly output?: string;
  readonly json?: boolean;
}

/** `flowyard synth --gitops`: writes what Argo CD or Flux deploys an environment from. */
export function synthGitops(options: GitopsCommandOptions): number {
  const terminal = new Terminal(options.json ?? false);
  const gitops = checkGitops(options);
  const rendering = renderProject(loadEnvironment(options.env));
  const made = gitopsOutput(rendering, gitops);
  const folder = options.output ?? join('dist', `${options.env}-${gitops.flavour}`);
  const files = writeOutput(made.output, folder);

  const [what, kind] = gitops.flavour === 'argocd' ? ['Argo CD', 'Application'] : ['Flux', 'Kustomization'];
  const objects = made.units.reduce((sum, unit) => sum + unit.objects.length, 0);
  terminal.say(
    `${count(objects, 'object')} of ${count(rendering.components.length, 'component')} in ${folder}, for ${what}: ` +
      `${count(made.units.length, kind)} in ${count(waves(made), 'wave')}`,
  );
  const missing = gitops.secrets && !gitops.secrets.generate ? made.values : [];
  if (missing.length > 0) {
    terminal.say(`  ${pc.dim("the store must have, each as the property 'value' of its key:")}`);
    terminal.table(missing.map(({ key, length }) => [key, pc.dim(`${length} letters and digits`)]));
  }
  terminal.say();
  terminal.say(pc.bold('next'));
  terminal.table(steps(options, folder).map(([step, why]) => [step, pc.dim(why)]));
  terminal.result({
    ok: true,
    environment: options.env,
    gitops: gitops.flavour,
    folder,
    files,
    objects,
    units: made.units.map(({ name, wave, dependsOn, objects: own }) => ({
      name,
      wave,
      dependsOn,
      objects: own.length,
    })),
    secretValues: made.values,
  });
  return 0;
}

function waves({ units }: GitopsOutput): number {
  return Math.max(0, ...units.map(({ wave }) => wave + 1));
}

function steps(
  { gitops, path, revision, secrets, secretStore }: GitopsCommandOptions,
  folder: string,
): [step: string, why: string][] {
  const apply = (file: string) => `kubectl apply --server-side --field-manager flowyard -f ${join(folder, file)}`;
  const all: [string, string][] = [[`commit ${folder} as '${path}'`, `on '${revision}' of the repository`]];
  if (secrets)
    all.unshift([`have the secret store '${secretStore}'`, 'and the External Secrets Operator in the cluster']);
  if (gitops === 'argocd') all.push([apply('settings.yaml'), 'once: lets Argo CD wait between the waves']);
  all.push([apply('root.yaml'), 'once: from then on, what is committed is deployed']);
  return all;
}
