import { describe, expect, it } from 'vitest';

import { bodyOf, changeOf, missing, redirectProblem, type Wanted, wantedOf } from './new-app';

const WANTED: Wanted = {
  name: 'shop',
  description: '',
  grant: 'authorization_code',
  redirects: 'http://localhost:3000/callback',
  isPublic: false,
};

describe('an app that is to be installed', () => {
  it('needs a name, and an address to send browsers back to', () => {
    expect(missing(WANTED)).toBeUndefined();
    expect(missing({ ...WANTED, name: ' ' })).toMatch(/name/);
    expect(missing({ ...WANTED, redirects: ' \n' })).toMatch(/sent back/);
    expect(missing({ ...WANTED, grant: 'client_credentials', redirects: '' })).toBeUndefined();
  });

  it('has ten redirect URIs and not one more, each absolute and without a fragment', () => {
    const lines = (count: number) =>
      Array.from({ length: count }, (_, index) => `https://a.example/${index}`).join('\n');
    expect(redirectProblem({ ...WANTED, redirects: lines(10) })).toBeUndefined();
    expect(redirectProblem({ ...WANTED, redirects: lines(11) })).toMatch(/at most 10/);
    expect(redirectProblem({ ...WANTED, redirects: '/callback' })).toMatch(/absolute/);
    expect(redirectProblem({ ...WANTED, redirects: 'https://a.example/#x' })).toMatch(/fragment/);
  });

  it('is sent without what its grant has no use for', () => {
    const own = bodyOf({ ...WANTED, grant: 'client_credentials', isPublic: true });
    expect(own.redirect_uris).toEqual([]);
    expect(own).not.toHaveProperty('token_endpoint_auth_method');
    expect(bodyOf({ ...WANTED, isPublic: true }).token_endpoint_auth_method).toBe('none');
  });

  it('is asked for as it is once it is installed, and changed without its grants', () => {
    const app = {
      client_name: 'shop',
      description: '',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://a.example/1', 'https://a.example/2'],
      token_endpoint_auth_method: 'none',
    };
    const wanted = wantedOf(app);
    expect(wanted).toMatchObject({ grant: 'authorization_code', isPublic: true });
    const { client_name, description, redirect_uris } = app;
    expect(changeOf(wanted)).toEqual({ client_name, description, redirect_uris });
    const own = wantedOf({ ...app, grant_types: ['client_credentials'], redirect_uris: [] });
    expect(changeOf(own)).not.toHaveProperty('redirect_uris');
  });
});
