import { describe, expect, test } from "vitest"
import { namedIn, speaksOfAcme } from "./certificate-sources.ts"

describe("a certificate or key file is named by", () => {
  test.each<[string, string, string[]]>([
    [
      "nginx",
      `server {\n  listen 443 ssl;\n  ssl_certificate /run/secrets/ssl_cert;\n  ssl_certificate_key\t"/run/secrets/key";\n}`,
      ["/run/secrets/ssl_cert", "/run/secrets/key"],
    ],
    ["nginx, over two lines and relative", "ssl_certificate\n    certs/x.pem;", ["certs/x.pem"]],
    ["nginx, for stapling", "ssl_trusted_certificate /etc/ca.pem;", ["/etc/ca.pem"]],
    [
      "Traefik's dynamic YAML",
      "tls:\n  certificates:\n    - certFile: /run/secrets/a\n      keyFile: '/run/secrets/b'\n",
      ["/run/secrets/a", "/run/secrets/b"],
    ],
    [
      "Traefik's default certificate",
      "tls:\n  stores:\n    default:\n      defaultCertificate:\n        certFile: /x/y.pem\n",
      ["/x/y.pem"],
    ],
    [
      "Traefik's dynamic TOML",
      `[[tls.certificates]]\n  certFile = "/run/secrets/a"\n  keyFile="/run/secrets/b"\n`,
      ["/run/secrets/a", "/run/secrets/b"],
    ],
    ["Traefik's inline YAML", `{certFile: /x/a, keyFile: "/x/b"}`, ["/x/a", "/x/b"]],
    ["JSON", `{"certFile":"/x/a","keyFile" : "/x/b"}`, ["/x/a", "/x/b"]],
    ["a flag", "--entrypoints.web.tls.certificates=certFile=/x/a,keyFile=/x/b", ["/x/a", "/x/b"]],
    ["a flag in lower case", "--tls.certfile=/x/a", ["/x/a"]],
    ["an environment variable", "PROXY_TLS_CERTFILE=/x/a", ["/x/a"]],
    ["a label", "traefik.tls.certificates[0].certFile=/x/a", ["/x/a"]],
    ["HAProxy", "  bind :443 ssl crt /etc/haproxy/site.pem alpn h2", ["/etc/haproxy/site.pem"]],
    ["HAProxy, relative and by a list", "bind :443 ssl crt site.pem\nbind :444 ssl crt-list /l", ["site.pem", "/l"]],
    ["Caddy", "example.org {\n  tls /x/tls.crt /x/tls.key\n}", ["/x/tls.crt", "/x/tls.key"]],
  ])("%s", (_, text, files) => {
    expect(namedIn(text).toSorted()).toEqual(files.toSorted())
  })

  test("a quoted name is whole, so that it is not taken for the one it begins with", () => {
    expect(namedIn(`certFile: "/run/secrets/ssl_cert; /x"`)).toEqual(["/run/secrets/ssl_cert; /x"])
    expect(namedIn(`ssl_certificate '/run/secrets/ssl cert';`)).toEqual(["/run/secrets/ssl cert"])
  })

  test("one named twice is listed once; each of several is listed", () => {
    expect(namedIn("certFile: /a\ncertFile: /b\ncertFile: /a\n")).toEqual(["/a", "/b"])
  })

  test("one put inline is listed by the mark that begins it", () => {
    expect(namedIn("certFile: |-\n  -----BEGIN CERTIFICATE-----\n")).toEqual(["|-"])
  })

  test.each([
    ["a comment", "#  ssl_certificate cert.pem;\n  # certFile: /x\n\t# bind :443 ssl crt /x.pem"],
    ["another directive of nginx", "ssl_client_certificate_x /x; ssl_protocols TLSv1.3; ssl_certificates /y;"],
    ["another key of Traefik", "caFiles:\n  - /x/ca.pem\nmyCertFile: /x\ntls:\n  options: {}"],
    ["Caddy's own certificate", "tls internal\ntls {\n  protocols tls1.3\n}"],
    ["a path", "volume: /srv/crt /srv/x.crt /srv/y"],
    ["nothing", ""],
  ])("none by %s", (_, text) => {
    expect(namedIn(text)).toEqual([])
  })
})

test.each([
  "certificatesResolvers:\n  le:\n    storage: /data/acme.json",
  "[certificatesResolvers.le.acme]",
  "--certificatesresolvers.le.acme.tlschallenge=true",
  "--entrypoints.websecure.http.tls.certresolver=le",
  "traefik.http.routers.drone.tls.certResolver=production",
  "TRAEFIK_CERTIFICATESRESOLVERS_LE_X=y",
  "ACME_EMAIL=root@example.org",
  "acme_ca https://ca.example.org/directory",
  "storage = /letsencrypt/store.json",
  "caServer: https://acme-v02.api.letsencrypt.org/directory",
  "# Let's Encrypt",
  "/etc/lets-encrypt/",
  "httpChallenge:\n  entryPoint: web",
  "tls-alpn-01-challenge",
  "DNS_CHALLENGE=1",
  "issuer zerossl",
])("ACME is spoken of in: %s", (text) => {
  expect(speaksOfAcme(text)).toBe(true)
})

test.each([
  "certFile: /run/secrets/ssl_cert",
  "traefik.http.routers.drone.tls=true",
  "resolver 127.0.0.11 valid=30s;",
  "server_name placement.example.org acmeist.example.org;",
  "challenge: none",
  "",
])("ACME is not spoken of in: %s", (text) => {
  expect(speaksOfAcme(text)).toBe(false)
})
