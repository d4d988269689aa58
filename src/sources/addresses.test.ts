import { expect, test } from "@jest/globals";
import { isLocalAddress } from "./addresses.ts";

test.each([
  "127.0.0.1",
  "127.8.9.10",
  "0.0.0.0",
  "169.254.169.254",
  "224.0.0.1",
  "255.255.255.255",
  "::1",
  "::",
  "fe80::1",
  "fe80::1%eth0",
  "febf::1",
  "ff02::1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:a9fe:a9fe",
  "::127.0.0.1",
  "64:ff9b::169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "2002:7f00:1::",
  "not an address",
  "",
])("%s is local", (address) => {
  expect(isLocalAddress(address)).toBe(true);
});

test.each([
  "10.0.0.1",
  "172.16.0.1",
  "192.168.1.1",
  "93.184.216.34",
  "2606:2800:220:1::1",
  "fd00::1",
  "::ffff:10.0.0.1",
  "64:ff9b::808:808",
  "2002:808:808::1",
])("%s is not", (address) => {
  expect(isLocalAddress(address)).toBe(false);
});
