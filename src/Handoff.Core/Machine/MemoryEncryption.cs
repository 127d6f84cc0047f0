namespace Handoff;

/// <summary>Whether RAM is encrypted, and from whose side the machine is seen.</summary>
public enum MemoryEncryption
{
    /// <summary>Plain memory.</summary>
    None,

    /// <summary>The host encrypts its own memory (AMD SME): devices that cannot drive the encryption bit need decrypted memory.</summary>
    Host,

    /// <summary>A confidential guest (SEV, TDX, Arm realm): every device sees only decrypted memory, so everything bounces.</summary>
    Guest,
}
