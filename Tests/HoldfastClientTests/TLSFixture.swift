// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A certificate for `localhost` and `127.0.0.1`, its key, and the authority that signed it; for tests only, valid until 2126.
struct TLSFixture {
    let authority: String
    let certificate: String
    let key: String
    private let folder: URL

    /// Writes the files into a folder of their own.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        authority = try Self.write(Self.authorityPEM, "authority.pem", folder)
        certificate = try Self.write(Self.certificatePEM, "certificate.pem", folder)
        key = try Self.write(Self.keyPEM, "key.pem", folder)
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }

    private static func write(_ text: String, _ name: String, _ folder: URL) throws -> String {
        let file = folder.appendingPathComponent(name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    private static let authorityPEM = """
        -----BEGIN CERTIFICATE-----
        MIIBnTCCAUOgAwIBAgIUD3LzhZe3+IIYH0l8S5YgC3fxxh8wCgYIKoZIzj0EAwIw
        GzEZMBcGA1UEAwwQSG9sZGZhc3QgdGVzdCBDQTAgFw0yNjExMjMwNTI1NThaGA8y
        MTI2MTAzMDA1MjU1OFowGzEZMBcGA1UEAwwQSG9sZGZhc3QgdGVzdCBDQTBZMBMG
        ByqGSM49AgEGCCqGSM49AwEHA0IABF83U78rBBfF5uiqbfV/39SxCZRFnYE+cTr3
        D2SMspQp3ReflF/D3FiDtgvxRHP6LQJ8ifAYu208AoZAcgaABWejYzBhMB0GA1Ud
        DgQWBBT/yTdUq7Ftlq/Ppv3t60N4a8oWUTAfBgNVHSMEGDAWgBT/yTdUq7Ftlq/P
        pv3t60N4a8oWUTAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwICBDAKBggq
        hkjOPQQDAgNIADBFAiBX2NDCHGBGvO+A96CKDcM0RCCjSDxqKX3pn1bGnuc2HAIh
        ANqLDqaaATTZ6vELCBBoyrGs+7exDt5f+VFKSTX+0WG6
        -----END CERTIFICATE-----
        """

    private static let certificatePEM = """
        -----BEGIN CERTIFICATE-----
        MIIBsTCCAVegAwIBAgIUSrbM8e5R0g61yGnsV3JOf3hdY1gwCgYIKoZIzj0EAwIw
        GzEZMBcGA1UEAwwQSG9sZGZhc3QgdGVzdCBDQTAgFw0yNjExMjMwNTI1NThaGA8y
        MTI2MTAzMDA1MjU1OFowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0C
        AQYIKoZIzj0DAQcDQgAEU61Ulc8bR/BuDvn+gQln3OZNBSQ0jvN0r76jY0VaYpNa
        5j68TIDibpD9X6wPh5B8QKn4Ear7ZSNpd6CowmoiUqN+MHwwGgYDVR0RBBMwEYIJ
        bG9jYWxob3N0hwR/AAABMBMGA1UdJQQMMAoGCCsGAQUFBwMBMAkGA1UdEwQCMAAw
        HQYDVR0OBBYEFAmsjTkNrttriWIeR0sm1hcVFg45MB8GA1UdIwQYMBaAFP/JN1Sr
        sW2Wr8+m/e3rQ3hryhZRMAoGCCqGSM49BAMCA0gAMEUCIQDfpFyMFi5FjqYNDVVf
        N0nyjklOSIIyQHrvz5Z55yqh/AIgS8mUEz22O/3DrRC77yHHBD/OiaHKPS97Qtal
        2wR2J4E=
        -----END CERTIFICATE-----
        """

    private static let keyPEM = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZpOe9CRXQYg2oz8k
        fQ3Faq8nnSFSINrJxCHUYRZP3lGhRANCAARTrVSVzxtH8G4O+f6BCWfc5k0FJDSO
        83SvvqNjRVpik1rmPrxMgOJukP1frA+HkHxAqfgRqvtlI2l3oKjCaiJS
        -----END PRIVATE KEY-----
        """
}
