import { containersOf, fixtureDeployment, podOf } from '../pods';
import { eachObject, type Policy } from '../policy';

const image = (reference: string) => [fixtureDeployment({ image: reference })];

/** Images are named by a version. */
export const pinnedImages: Policy = {
  id: 'pinned-images',
  severity: 'mandatory',
  reason: 'a floating tag changes what runs without a change of the program',
  fix: 'name a tag other than latest, or a digest',
  check: eachObject(manifest => {
    const pod = podOf(manifest);
    return (pod ? containersOf(pod) : [])
      .filter(({ image = '' }) => !isPinned(image))
      .map(({ name, image }) => `container '${name}' has the image '${image}'`);
  }),
  fixtures: {
    good: [
      image('quay.io/team/server:1.2.3'),
      image('registry.example.com:5000/server:1'),
      image(`server@sha256:${'0'.repeat(64)}`),
    ],
    bad: [image('quay.io/team/server'), image('server:latest'), image('registry.example.com:5000/server')],
  },
};

function isPinned(reference: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(reference)) return true;
  const [, tag] = /:([^/:]+)$/.exec(reference) ?? [];
  return tag !== undefined && tag !== 'latest';
}
