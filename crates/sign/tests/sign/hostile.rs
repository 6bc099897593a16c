//! Keys and certificates from anywhere: whatever is in them, there is an answer.
use crate::folder::Folder;
use osmia_sign::Signer;
use pem_rfc7468::LineEnding;

/// Numbers without pattern, the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below.max(1) as u64) as usize
    }
}

/// Some bytes changed, cut or doubled.
fn mutant(bytes: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    for _ in 0..=numbers.next(3) {
        let at = numbers.next(mutant.len());
        match numbers.next(6) {
            0 => mutant.truncate(at),
            1 => mutant = [&mutant[..at], &mutant[numbers.next(mutant.len())..]].concat(),
            2 => mutant.iter_mut().skip(at).take(numbers.next(40)).for_each(|byte| *byte = 0),
            3 => mutant.iter_mut().skip(at).take(4).for_each(|byte| *byte = 0xff),
            _ => mutant.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << numbers.next(8)),
        }
    }
    mutant
}

fn as_text(label: &str, bytes: &[u8]) -> Vec<u8> {
    pem_rfc7468::encode_string(label, LineEnding::LF, bytes).unwrap().into_bytes()
}

/// Gives an answer; whether that is a signature.
fn signs(key: &[u8], certificate: &[u8]) -> bool {
    match Signer::new(key, certificate).and_then(|signer| signer.sign(b"content")) {
        Ok(message) => !message.is_empty(),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

#[test]
fn hostile_files_are_answered() {
    let folder = Folder::new("hostile");
    let mut numbers = Numbers(0x0511_a51e);
    let curve = |name| format!("ec -pkeyopt ec_paramgen_curve:{name}");
    for (algorithm, old, rounds) in [
        ("rsa:1024".to_owned(), ("rsa -traditional", "RSA PRIVATE KEY"), 400),
        (curve("P-256"), ("ec", "EC PRIVATE KEY"), 200),
        (curve("P-384"), ("ec", "EC PRIVATE KEY"), 100),
        (curve("P-521"), ("ec", "EC PRIVATE KEY"), 100),
    ] {
        folder.pair("pair", &algorithm);
        folder.openssl("pkey -in pair.key -outform DER -out pkcs8.der");
        folder.openssl(&format!("{} -in pair.key -outform DER -out old.der", old.0));
        folder.openssl("x509 -in pair.pem -outform DER -out certificate.der");
        let (key, certificate) = (folder.read("pair.key"), folder.read("pair.pem"));
        let keys = [("PRIVATE KEY", folder.read("pkcs8.der")), (old.1, folder.read("old.der"))];
        let der = folder.read("certificate.der");
        assert!(signs(&key, &certificate), "{algorithm}");
        let mut taken = 0;
        for _ in 0..rounds {
            for (label, bytes) in &keys {
                taken += usize::from(signs(&as_text(label, &mutant(bytes, &mut numbers)), &certificate));
            }
            taken += usize::from(signs(&mutant(&key, &mut numbers), &certificate));
            taken += usize::from(signs(&key, &mutant(&certificate, &mut numbers)));
            taken += usize::from(signs(&key, &mutant(&der, &mut numbers)));
        }
        assert!(taken < 5 * rounds, "{algorithm}: not one mutant was refused");
        for length in (0..der.len()).step_by(5) {
            assert!(!signs(&key, &der[..length]), "{algorithm}: {length} bytes of a certificate");
        }
        for (label, bytes) in &keys {
            for length in (0..bytes.len()).step_by(5) {
                let text = as_text(label, &bytes[..length]);
                assert!(!signs(&text, &certificate), "{algorithm}: {length} bytes of a {label}");
            }
        }
        for length in 0..key.len() - 30 {
            assert!(!signs(&key[..length], &certificate), "{algorithm}: {length} bytes of a key's text");
        }
    }
}
