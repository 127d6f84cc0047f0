using Handoff.Ownership;

namespace Handoff.Coherent;

/// <summary>Which memory of an encrypted machine is shared with devices, and what is lost when that cannot be changed. Thread-safe.</summary>
/// <remarks>
/// Kernel: <c>set_memory_decrypted()</c>, <c>set_memory_encrypted()</c>, as far as the DMA layer calls them, 6.12. In it from boot: the
/// default bounce pool. Later: atomic and growing pools, pages allocated for devices that see only decrypted memory, blocks of the
/// <c>system_cc_shared</c> heap. Restricted pools are shared by nature and not listed. Empty on a machine without encryption.
/// </remarks>
public sealed class DecryptedMemory
{
    private readonly Lock _lock = new();
    private readonly RangeSet _ranges = new();
    private readonly bool _applies;
    private ulong _leaked;

    internal DecryptedMemory(Machine machine) => _applies = machine.Encryption != MemoryEncryption.None;

    /// <summary>
    /// Makes changes fail, to see what a kernel does then: told the range and whether it is to be decrypted (or encrypted again),
    /// says whether that fails. <see langword="null"/>: nothing fails.
    /// </summary>
    public Func<MemoryRange, bool, bool>? Fails { get; set; }

    /// <summary>Bytes that were given up because nobody knows any more whether they are encrypted: neither used nor freed.</summary>
    public ulong Leaked => Volatile.Read(ref _leaked);

    /// <summary>Whether all <paramref name="size"/> bytes (not 0) from <paramref name="start"/> are decrypted.</summary>
    public bool Contains(PhysicalAddress start, ulong size = 1)
    {
        lock (_lock)
            return _ranges.Covers(start.Value, start.Value + size);
    }

    internal void Add(PhysicalAddress start, ulong size)
    {
        if (!_applies)
            return;
        lock (_lock)
            _ranges.Add(start.Value, start.Value + size);
    }

    /// <summary>Shares pages. Where it fails, what they are is not known.</summary>
    internal bool TryDecrypt(PhysicalAddress start, ulong size)
    {
        if (!_applies)
            return true;
        if (Fails?.Invoke(new MemoryRange(start, size), true) == true)
            return false;
        Add(start, size);
        return true;
    }

    /// <summary>Makes pages private again, so that they can be freed.</summary>
    /// <returns>Whether it worked; if not they are given up.</returns>
    internal bool TryEncryptOrLeak(PhysicalAddress start, ulong size)
    {
        if (!_applies)
            return true;
        if (Fails?.Invoke(new MemoryRange(start, size), false) == true)
        {
            Leak(size);
            return false;
        }

        lock (_lock)
            _ranges.Remove(start.Value, start.Value + size);
        return true;
    }

    internal void Leak(ulong size) => Interlocked.Add(ref _leaked, size);
}
