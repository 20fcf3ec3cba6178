import { checkGitops, type GitopsOptions } from '../../../stacks/gitops';

function fixture(options: Partial<GitopsOptions> = {}) {
  return checkGitops({
    gitops: 'flux',
    repoUrl: 'ssh://git@git.example.com/ml/clusters.git',
    revision: 'main',
    path: './clusters/prod/',
    ...options,
  });
}

test('a path is taken as people write it', () => {
  expect(fixture().repository.path).toBe('clusters/prod');
});

test('throws when something is missing, naming all of it', () => {
  expect(() => checkGitops({ gitops: 'flux', secrets: 'external-secrets' })).toThrow(
    /'--repo-url' is missing.*\n'--revision' is missing.*\n'--path' is missing.*\n'--secret-store' is missing/,
  );
});

test.each<[Partial<GitopsOptions>, string]>([
  [{ gitops: 'jenkins' }, "'--gitops' must be one of 'argocd', 'flux', got 'jenkins'"],
  [{ repoUrl: 'git@git.example.com:ml/clusters' }, 'write git@HOST:REPO as ssh://git@HOST/REPO'],
  [
    { path: '../elsewhere' },
    "'--path' must be a folder inside the repository such as 'clusters/prod', got '../elsewhere'",
  ],
  [{ path: '/clusters' }, "'--path' must be a folder inside the repository"],
  [{ gitops: 'argocd', repoSecret: 'git' }, "'--repo-secret' is of Flux, got 'git'"],
  [{ secrets: 'sops' }, "'--secrets' must be 'external-secrets', got 'sops'"],
  [{ secretStore: 'vault' }, "'--secret-store' needs '--secrets external-secrets', got 'vault' alone"],
  [{ secrets: 'external-secrets', secretStore: 'Vault/x' }, "'--secret-store' must be a name, or SecretStore/NAME"],
  [
    { secrets: 'external-secrets', secretStore: 'vault', secretKey: '{team}/{key}' },
    "'--secret-key' has '{team}'; it takes '{environment}', '{namespace}', '{name}', '{key}'",
  ],
])('throws when options are wrong: %j', (options, message) => {
  expect(() => fixture(options)).toThrow(message);
});
