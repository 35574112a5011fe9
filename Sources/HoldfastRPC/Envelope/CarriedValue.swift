// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
internal import NIOCore

/// The parameters of a call or the result of an answer, as they were sent, and the session id that may be among them (Kurento).
///
/// A member `sessionId` may as well be the application's. Which it is depends on who may use that session, so it is left in until
/// somebody knows.
package struct CarriedValue: Sendable {
    /// Where the one member `sessionId` of an object is.
    private struct Member {
        let value: Range<Int>
        /// What goes with it: its name and a comma.
        let removal: Range<Int>
    }

    /// The value as it was sent.
    package let json: JSON
    private let member: Member?

    /// A value without a session id.
    package init(_ json: JSON) {
        self.json = json
        member = nil
    }

    init(_ object: SessionObject, in message: ByteBuffer) {
        json = JSON(validated: message.slice(object.range))
        let start = object.range.lowerBound
        member = object.member.map { member in
            Member(value: member.value.shifted(by: -start), removal: member.removal.shifted(by: -start))
        }
    }

    private init(_ json: JSON, member: Member?) {
        self.json = json
        self.member = member
    }

    /// The same value, held elsewhere.
    func withJSON(_ json: JSON) -> CarriedValue {
        CarriedValue(json, member: member)
    }

    /// The text of the member `sessionId`; nil if there is none or several, or if it is no string.
    package var sessionID: String? {
        member.flatMap { JSON(validated: json.buffer.slice($0.value)).string }
    }

    /// The session id, if it is one that this framework could have made.
    package var ownSessionID: String? {
        // The longest way to write one: every character as an escape.
        guard let member, member.value.count <= RandomID.length * 6 + 2, let sessionID, RandomID.isValid(sessionID)
        else { return nil }
        return sessionID
    }

    /// What the member `sessionId` holds, as text; nil if there is none, or null.
    ///
    /// In the parameters of the framework's own methods it can mean nothing but a session.
    package var namedSessionID: String? {
        guard let named = json["sessionId"], !named.isNull else { return nil }
        return named.string ?? named.text
    }

    /// The value without the session id; shares the message's storage if there is none.
    package var withoutSessionID: JSON {
        guard let removal = member?.removal else { return json }
        return JSON(validated: json.buffer.removing(removal))
    }

    /// The value that a peer of Kurento's has added a session id to, as its application gave it: the member is taken out, and so is
    /// the object that was put around a value that is none.
    ///
    /// Objects are never wrapped, and neither is null: `{"value":{},"sessionId":…}` was `{"value":{}}`.
    package var unwrapped: JSON {
        let value = withoutSessionID
        guard let members = value.members, members.count == 1, let only = members.first, only.key == "value",
            only.value.kind != .object, !only.value.isNull
        else { return value }
        return only.value
    }

    /// The value as the client of a session gave it.
    package func given(by sessionID: String) -> JSON {
        self.sessionID == sessionID ? unwrapped : json
    }
}

extension Range<Int> {
    fileprivate func shifted(by distance: Int) -> Range<Int> {
        lowerBound + distance..<upperBound + distance
    }
}
