/** What writes the cluster: Argo CD or Flux. */
export const flavours = ['argocd', 'flux'] as const;

export type Flavour = (typeof flavours)[number];

/** Settings of GitOps output, as given on the command line. */
export interface GitopsOptions {
  readonly gitops: string;

  /** Where the output will be committed. */
  readonly repoUrl?: string;

  /** Branch, tag (`refs/tags/NAME`) or commit that is followed. */
  readonly revision?: string;

  /** Folder of the repository that will hold the output. */
  readonly path?: string;

  /**
   * Flux only: the Secret in `flux-system` with the repository's credentials.
   *
   * @default - a public repository
   */
  readonly repoSecret?: string;

  /** `external-secrets`. @default - none: an error when the platform has generated Secrets */
  readonly secrets?: string;

  /** Name of a ClusterSecretStore, or `SecretStore/NAME` for one in each namespace. */
  readonly secretStore?: string;

  /** Where the store keeps a value. @default 'flowyard/{environment}/{namespace}/{name}/{key}' */
  readonly secretKey?: string;

  /** Whether missing values are generated into the store. @default true */
  readonly generateSecrets?: boolean;
}

/** The same, checked. */
export interface Gitops {
  readonly flavour: Flavour;
  readonly repository: {
    readonly url: string;
    readonly revision: string;
    readonly path: string;
    readonly secret?: string;
  };
  readonly secrets?: SecretStore;
}

/** A store of the External Secrets Operator. */
export interface SecretStore {
  readonly kind: 'ClusterSecretStore' | 'SecretStore';
  readonly name: string;

  /** Where it keeps a value: text with the placeholders `{environment}`, `{namespace}`, `{name}` and `{key}`. */
  readonly keyTemplate: string;

  /** Whether values that it lacks are generated into it. */
  readonly generate: boolean;
}

/** Options of GitOps output that are missing or contradict each other, all of them at once. */
export class InvalidGitops extends Error {
  public override readonly name = 'InvalidGitops';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** @throws InvalidGitops naming each wrong option and its fix */
export function checkGitops(options: GitopsOptions): Gitops {
  const { gitops, repoUrl, revision, repoSecret } = options;
  const path = options.path?.replace(/^\.\//, '').replace(/\/+$/, '');
  const problems = [
    ...flavourProblems(options),
    ...missing('--repo-url', repoUrl, 'the repository that the output is committed to: https://… or ssh://…'),
    ...missing('--revision', revision, 'the branch, tag or commit that is followed, such as main'),
    ...missing('--path', path, 'the folder of the repository that will hold the output'),
    ...secretProblems(options),
  ];
  if (repoUrl && !/^(https?|ssh):\/\/\S+$/.test(repoUrl)) {
    problems.push(
      `'--repo-url' must begin with https:// or ssh://, got '${repoUrl}'; write git@HOST:REPO as ssh://git@HOST/REPO`,
    );
  }
  if (path && (path.startsWith('/') || path.split('/').includes('..'))) {
    problems.push(`'--path' must be a folder inside the repository such as 'clusters/prod', got '${options.path}'`);
  }
  if (problems.length > 0) throw new InvalidGitops(problems);
  return {
    flavour: gitops as Flavour,
    repository: { url: repoUrl!, revision: revision!, path: path!, ...(repoSecret ? { secret: repoSecret } : {}) },
    ...(options.secrets ? { secrets: storeOf(options) } : {}),
  };
}

function flavourProblems({ gitops, repoSecret }: GitopsOptions): string[] {
  if (!flavours.includes(gitops as Flavour)) {
    return [`'--gitops' must be one of '${flavours.join("', '")}', got '${gitops}'`];
  }
  if (gitops === 'argocd' && repoSecret) {
    return [`'--repo-secret' is of Flux, got '${repoSecret}'; give Argo CD the credentials as a repository Secret`];
  }
  return [];
}

function missing(option: string, value: string | undefined, meaning: string): string[] {
  return value ? [] : [`'${option}' is missing: give ${meaning}`];
}

const placeholders = ['environment', 'namespace', 'name', 'key'];

function secretProblems({ secrets, secretStore, secretKey }: GitopsOptions): string[] {
  if (secrets === undefined) {
    const given = { '--secret-store': secretStore, '--secret-key': secretKey };
    return Object.entries(given).flatMap(([option, value]) =>
      value ? [`'${option}' needs '--secrets external-secrets', got '${value}' alone`] : [],
    );
  }
  const problems: string[] = [];
  if (secrets !== 'external-secrets') problems.push(`'--secrets' must be 'external-secrets', got '${secrets}'`);
  if (!secretStore) problems.push("'--secret-store' is missing: give the name of a ClusterSecretStore");
  else if (!/^((Cluster)?SecretStore\/)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(secretStore)) {
    problems.push(`'--secret-store' must be a name, or SecretStore/NAME, got '${secretStore}'`);
  }
  for (const [, word] of secretKey?.matchAll(/\{(.*?)\}/g) ?? []) {
    if (!placeholders.includes(word!)) {
      problems.push(`'--secret-key' has '{${word}}'; it takes '{${placeholders.join("}', '{")}}'`);
    }
  }
  return problems;
}

function storeOf({ secretStore, secretKey, generateSecrets }: GitopsOptions): SecretStore {
  const [name = '', kind = 'ClusterSecretStore'] = secretStore!.split('/').reverse();
  return {
    kind: kind as SecretStore['kind'],
    name,
    keyTemplate: secretKey ?? `flowyard/{${placeholders.join('}/{')}}`,
    generate: generateSecrets ?? true,
  };
}
