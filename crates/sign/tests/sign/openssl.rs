//! Signatures beside those of openssl, which bpftool signs with.
use crate::folder::Folder;
use osmia_sign::Signer;

/// What is signed: as long as a loading program may be, and with every byte.
fn content() -> Vec<u8> {
    (0..20_000_u32).flat_map(|at| at.wrapping_mul(0x9e37_79b9).to_le_bytes()).collect()
}

/// Signs `content` in the folder, and has openssl check that; then that another content is refused.
fn seen_by_openssl(folder: &Folder, key: &str, certificate: &str) -> Vec<u8> {
    let signer = Signer::new(&folder.read(key), &folder.read(certificate));
    let message = signer.and_then(|signer| signer.sign(&folder.read("content"))).unwrap_or_else(|error| {
        panic!("{key}, {certificate}: {error}");
    });
    folder.write("message", &message);
    let verify = |content: &str| {
        folder.try_openssl(&format!(
            "cms -verify -binary -inform DER -in message -content {content} -certfile {certificate} -noverify -out /dev/null"
        ))
    };
    assert!(verify("content"), "{key}, {certificate}");
    assert!(!verify("other"), "{key}, {certificate}");
    message
}

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    let mut content = content();
    folder.write("content", &content);
    content[4711] ^= 1;
    folder.write("other", &content);
    folder
}

#[test]
fn messages_of_rsa_are_those_of_openssl_byte_for_byte() {
    let folder = folder("rsa");
    for bits in [1024, 2048, 4096] {
        folder.pair("rsa", &format!("rsa:{bits}"));
        folder.openssl(
            "cms -sign -binary -in content -signer rsa.pem -inkey rsa.key -nocerts -noattr -nosmimecap -keyid -md sha256 \
             -outform DER -out theirs",
        );
        folder.openssl("rsa -traditional -in rsa.key -out pkcs1.key");
        folder.openssl("x509 -in rsa.pem -outform DER -out rsa.der");
        folder.openssl("x509 -in rsa.pem -text -out text.pem");
        folder.openssl("x509 -in rsa.pem -trustout -addtrust anyExtendedKeyUsage -out trusted.pem");
        let both = [folder.read("rsa.key"), folder.read("rsa.pem")].concat();
        folder.write("both.pem", &both);
        let text = String::from_utf8(both).unwrap().replace('\n', "\r\n");
        folder.write("dos.pem", text.as_bytes());
        let theirs = folder.read("theirs");
        for key in ["rsa.key", "pkcs1.key", "both.pem", "dos.pem"] {
            assert_eq!(seen_by_openssl(&folder, key, "rsa.pem"), theirs, "{bits} bits, {key}");
        }
        for certificate in ["text.pem", "trusted.pem", "both.pem", "dos.pem"] {
            assert_eq!(
                seen_by_openssl(&folder, "rsa.key", certificate),
                theirs,
                "{bits} bits, {certificate}"
            );
        }
        let signer = Signer::new(&folder.read("rsa.key"), &folder.read("rsa.der")).unwrap();
        assert_eq!(signer.sign(&content()).unwrap(), theirs, "{bits} bits, DER");
        for certificate in ["trusted.pem", "text.pem"] {
            let other = Signer::new(&folder.read("rsa.key"), &folder.read(certificate)).unwrap();
            assert_eq!(other.certificate(), folder.read("rsa.der"), "{certificate}");
        }
    }
}

#[test]
fn messages_of_curves_are_taken_by_openssl() {
    let folder = folder("curves");
    for curve in ["P-256", "P-384", "P-521"] {
        folder.pair("ec", &format!("ec -pkeyopt ec_paramgen_curve:{curve}"));
        folder.openssl("ec -in ec.key -out sec1.key");
        folder.openssl(&format!("ecparam -name {curve} -genkey -out parameters.key"));
        folder.openssl(
            "req -x509 -new -sha256 -days 2 -batch -subj /CN=osmia -key parameters.key -out parameters.pem",
        );
        folder.openssl("ec -in ec.key -conv_form compressed -out short.key");
        folder.openssl("req -x509 -new -sha256 -days 2 -batch -subj /CN=osmia -key short.key -out short.pem");
        for (key, certificate) in [
            ("ec.key", "ec.pem"),
            ("sec1.key", "ec.pem"),
            ("parameters.key", "parameters.pem"),
            ("short.key", "short.pem"),
            ("ec.key", "short.pem"),
        ] {
            let message = seen_by_openssl(&folder, key, certificate);
            assert_eq!(message, seen_by_openssl(&folder, key, certificate), "{curve}: no chance is in it");
        }
    }
}

#[test]
fn what_does_not_sign_says_why() {
    let folder = folder("refused");
    folder.pair("rsa", "rsa:2048");
    folder.pair("other", "rsa:2048");
    folder.pair("ec", "ec -pkeyopt ec_paramgen_curve:P-256");
    folder.pair("odd", "ec -pkeyopt ec_paramgen_curve:secp256k1");
    folder.pair("ed", "ed25519");
    folder.pair("small", "rsa:512");
    folder.openssl("pkey -in rsa.key -aes128 -passout pass:x -out encrypted.key");
    folder.openssl("rsa -in rsa.key -aes128 -traditional -passout pass:x -out old.key");
    folder.openssl("pkey -in rsa.key -outform DER -out bare.key");
    folder.openssl(
        "req -x509 -new -sha256 -days 2 -batch -subj /CN=osmia -key rsa.key -addext subjectKeyIdentifier=none -out nameless.pem",
    );
    folder.openssl(
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit -out explicit.key",
    );
    let key = folder.read("rsa.key");
    folder.write("cut.key", &key[..700]);
    folder.write("empty", b"");
    let damaged = String::from_utf8(key).unwrap().replacen("MII", "MII!", 1);
    folder.write("damaged.key", damaged.as_bytes());
    let rows = [
        ("empty", "rsa.pem", "there is no private key in it"),
        ("rsa.pem", "rsa.pem", "there is no private key in it"),
        ("cut.key", "rsa.pem", "there is no private key in it"),
        ("damaged.key", "rsa.pem", "the text of the private key is damaged"),
        ("bare.key", "rsa.pem", "openssl pkey -inform DER"),
        ("encrypted.key", "rsa.pem", "the private key is encrypted"),
        ("old.key", "rsa.pem", "the private key is encrypted"),
        ("ed.key", "ed.pem", "of a kind (1.3.101.112)"),
        ("odd.key", "odd.pem", "on a curve (1.3.132.0.10)"),
        ("explicit.key", "ec.pem", "the private key"),
        ("small.key", "small.pem", "the numbers in the private key make no key"),
        ("rsa.key", "empty", "there is no certificate in it"),
        ("rsa.key", "rsa.key", "there is no certificate in it"),
        ("rsa.key", "nameless.pem", "no subject key identifier"),
        ("rsa.key", "other.pem", "that of another private key"),
        ("rsa.key", "ec.pem", "that of another private key"),
        ("ec.key", "rsa.pem", "that of another private key"),
        ("ec.key", "odd.pem", "that of another private key"),
    ];
    for (key, certificate, words) in rows {
        let told = Signer::new(&folder.read(key), &folder.read(certificate)).map(drop);
        let told = told.expect_err(&format!("{key}, {certificate}")).to_string();
        assert!(told.contains(words), "{key}, {certificate}: {told}");
    }
}
