import type { Construct } from 'constructs';
import { defaultsOf } from './defaults';

/** A container image as a release pins it: tag for people, digest for machines. */
export interface Image {
  /** Registry and path, such as `quay.io/jetstack/cert-manager-webhook`. */
  readonly repository: string;

  readonly tag: string;

  /**
   * `sha256:` and 64 hexadecimal digits.
   *
   * @default - the tag alone decides
   */
  readonly digest?: string;
}

/** Everything that moves in one upgrade of a component. */
export interface Release {
  /** Upstream's version, as upstream writes it. */
  readonly version: string;

  /** The images of that version, by their role in the component. */
  readonly images: { readonly [role: string]: Image };
}

/** The reference that pods below `scope` use: mirrored when the app has a mirror. */
export function imageReference(scope: Construct, image: Image): string {
  const mirror = defaultsOf(scope).imageRegistry;
  const [first, ...rest] = image.repository.split('/');
  const hasRegistry = rest.length > 0 && /[.:]|^localhost$/.test(first!);
  const path = hasRegistry ? rest.join('/') : image.repository;
  const repository = mirror ? `${mirror.replace(/\/$/, '')}/${path}` : image.repository;
  return `${repository}:${image.tag}${image.digest ? `@${image.digest}` : ''}`;
}
