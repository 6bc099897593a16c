//! Keys and certificates of openssl's making, in a folder that goes away.
use std::fs;
use std::path::PathBuf;
use std::process::Command;

pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("osmia-sign-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Whether openssl does it.
    pub(crate) fn try_openssl(&self, words: &str) -> bool {
        let done = Command::new("openssl").args(words.split_whitespace()).current_dir(&self.0).output();
        done.expect("this test needs openssl").status.success()
    }

    pub(crate) fn openssl(&self, words: &str) {
        assert!(self.try_openssl(words), "openssl {words}");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).unwrap();
    }

    /// `NAME.key` and its certificate `NAME.pem`, of an algorithm that `openssl req -newkey` knows.
    pub(crate) fn pair(&self, name: &str, algorithm: &str) {
        self.openssl(&format!(
            "req -x509 -new -nodes -sha256 -days 2 -batch -subj /CN=osmia -newkey {algorithm} -keyout {name}.key -out {name}.pem"
        ));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}
