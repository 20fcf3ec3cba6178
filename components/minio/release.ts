import type { Release } from '../../constructs';

/**
 * MinIO's community edition: source only since October 2025, no new images, no further releases.
 *
 * The server is the newest one with a published image. Security floor: RELEASE.2025-04-03T14-56-28Z, which checks the
 * signature of uploads with unsigned trailers (CVE-2025-31489); the chart's own image of December 2024 is below it.
 * Known and open in every published image: CVE-2025-62506, by which an account that is restricted below its user's
 * rights makes itself an unrestricted one; fixed in the source of RELEASE.2025-10-15T17-29-55Z. The policies of
 * `policy.ts` deny such accounts altogether. Who builds an image from that source passes it as `images.server`.
 *
 * The client is the release whose source, one unrelated commit later, the provisioning test builds and runs; newer
 * images exist. The server of that test is built from the last commit of its source, so newer than the image.
 */
export const release = {
  version: 'RELEASE.2025-09-07T16-13-09Z',
  images: {
    server: { repository: 'quay.io/minio/minio', tag: 'RELEASE.2025-09-07T16-13-09Z' },
    client: { repository: 'quay.io/minio/mc', tag: 'RELEASE.2025-03-12T17-29-24Z' },
  },
} satisfies Release;
