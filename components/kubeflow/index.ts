export { Kubeflow, type KubeflowProps } from './kubeflow';
