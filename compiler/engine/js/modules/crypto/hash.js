// What is loaded with `crypto`: hashes, with the keys and random numbers that they come with.
import { load } from 'sandglass:crypto/loader';
import 'sandglass:crypto/binding/hash';
import 'sandglass:crypto/binding/random';
import 'buffer';

export const { Hash, Hmac } = load('internal/crypto/hash');
load('internal/crypto/random');
