import type { Construct } from 'constructs';
import { Component, type ComponentProps } from '../../constructs';
import { Profile } from './resources';

/** Properties of `Profiles`. */
export interface ProfilesProps extends ComponentProps<Profiles> {}

/**
 * The Profile kind. Deleting its CRD would delete every tenant's namespace, so deployers keep it unless told by name.
 *
 * @example
 * new Profiles(app, 'profiles');
 */
export class Profiles extends Component {
  constructor(scope: Construct, id: string, props: ProfilesProps = {}) {
    super(scope, id, props, 'kubeflow');
    Profile.define(this, 'ProfileCrd', {
      labels: { 'app.kubernetes.io/name': 'profile-controller', 'app.kubernetes.io/part-of': 'kubeflow-dashboard' },
    });
    this.extend(props.extensions);
  }
}
