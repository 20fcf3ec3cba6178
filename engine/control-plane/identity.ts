import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { md, pki } from 'node-forge';
import { stringify } from 'yaml';
import type { ClusterPaths } from './paths';

/** User under which Flowyard deploys, so that audit logs tell its requests from those of the controllers. */
export const DEPLOYER = 'flowyard';

/** Writes the kubeconfig of the deployer: an administrator with a client certificate of the cluster's own authority. */
export function writeKubeconfig(paths: ClusterPaths, port: number): void {
  const authority = fs.readFileSync(paths.pki('ca.crt'), 'utf8');
  const { certificate, key } = issueCertificate(authority, fs.readFileSync(paths.pki('ca.key'), 'utf8'));
  const name = `${DEPLOYER}-${paths.name}`;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      { name, cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': base64(authority) } },
    ],
    users: [{ name, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  };
  fs.writeFileSync(`${paths.kubeconfig}.new`, stringify(kubeconfig), { mode: 0o600 });
  fs.renameSync(`${paths.kubeconfig}.new`, paths.kubeconfig);
}

function issueCertificate(authorityPem: string, authorityKeyPem: string): { certificate: string; key: string } {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const authority = pki.certificateFromPem(authorityPem);
  const certificate = pki.createCertificate();
  certificate.publicKey = pki.publicKeyFromPem(publicKey);
  // A leading zero keeps the number positive.
  certificate.serialNumber = `00${crypto.randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = authority.validity.notBefore;
  certificate.validity.notAfter = authority.validity.notAfter;
  certificate.setSubject([
    { shortName: 'O', value: 'system:masters' },
    { shortName: 'CN', value: DEPLOYER },
  ]);
  certificate.setIssuer(authority.subject.attributes);
  certificate.setExtensions([
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', clientAuth: true },
  ]);
  certificate.sign(pki.privateKeyFromPem(authorityKeyPem), md.sha256.create());
  return { certificate: pki.certificateToPem(certificate), key: privateKey };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
