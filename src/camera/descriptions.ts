// Addresses of cameras as they may be shown: who may look at the log must not thereby be able to look through the camera.

/** Scheme, host and path; user, password, query and fragment are left out, whether or not the address is valid. */
export function urlWithoutSecrets(url: string): string {
  // User information may itself hold @ and /: everything up to the last @ is taken for it.
  const bare = url.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/i, '$1');
  return bare.replace(/[?#].*$/s, '');
}

/** The pipeline with credentials in addresses and in properties such as `user-pw=` blanked. */
export function pipelineWithoutSecrets(pipeline: string): string {
  return pipeline
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s"'!]*/gi, (url) => urlWithoutSecrets(url))
    .replace(/\b([\w-]*(?:user-id|user-pw|password|passwd|passphrase|token|secret|key)[\w-]*\s*=\s*)("[^"]*"|'[^']*'|[^\s!]+)/gi, '$1(hidden)');
}
