import { apply } from '../../../engine/deploy';
import { sample } from './program';

// Deploys the sample, and dies without a word when its Deployment is there.

const [kubeconfig = '', stack = ''] = process.argv.slice(2);
void apply({
  ...{ stack, project: 'shop', kubeconfig },
  program: sample({ namespace: stack }),
  onEvent: ({ type, kind }) => {
    if (type === 'applied' && kind === 'Deployment') process.kill(process.pid, 'SIGKILL');
  },
});
