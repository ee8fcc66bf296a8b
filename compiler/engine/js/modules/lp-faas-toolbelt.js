// The toolbelt of LivePerson Functions, as far as it needs no service of that platform.
import { httpClient } from 'sandglass:toolbelt/http_client';
import { SecretError, secretClient, SecretErrorCodes } from 'sandglass:toolbelt/secret_client';

export { SecretError };

export const ErrorCodes = { Secret: SecretErrorCodes };

export class Toolbelt {
  static HTTPClient() {
    return httpClient();
  }

  static SecretClient() {
    return secretClient();
  }
}
