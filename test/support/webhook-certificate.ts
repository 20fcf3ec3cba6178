import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { md, pki } from 'node-forge';

/** A certificate for a server on 127.0.0.1 that is its own authority, as files. */
export function webhookCertificate(): { readonly cert: string; readonly key: string; readonly pem: string } {
  const keys = pki.rsa.generateKeyPair(2048);
  const certificate = pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.now() - 60_000);
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000);
  const name = [{ name: 'commonName', value: 'webhook' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
  ]);
  certificate.sign(keys.privateKey, md.sha256.create());
  const directory = mkdtempSync(join(tmpdir(), 'webhook-'));
  const pem = pki.certificateToPem(certificate);
  const files = { cert: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
  writeFileSync(files.cert, pem);
  writeFileSync(files.key, pki.privateKeyToPem(keys.privateKey), { mode: 0o600 });
  return { ...files, pem };
}
