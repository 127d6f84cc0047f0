using System.Runtime.InteropServices;
using Handoff.Ownership;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Mappings;

/// <summary>The scatterlists that are mapped now. An unmap names a list by its physical addresses only.</summary>
internal sealed class LiveLists
{
    private const int MostSpares = 256;
    private const int MostCompared = 64; // lists that begin with the same buffer

    private readonly Dictionary<ListKey, LiveList> _heads = [];
    private readonly int[] _cut = new int[MappingFollower.MostDevices]; // live lists of a device that the kernel did not name in full
    private LiveList? _spare;
    private int _spares;

    private readonly record struct ListKey(int Device, ulong First)
    {
        public override int GetHashCode() => (int)((((First >> 6) ^ (First << 20)) + (ulong)Device) * 0x9e37_79b9_7f4a_7c15 >> 32);
    }

    /// <summary>Whether segments of the device may be live that no event named.</summary>
    public bool HasUnnamedSegments(int device) => _cut[device] > 0;

    /// <summary>Remembers a list that was mapped.</summary>
    /// <param name="e">Its map.</param>
    /// <param name="mayHaveEnded">Whether a release that was logged before may have been its own.</param>
    public void Add(in DmaEvent e, bool mayHaveEnded)
    {
        ReadOnlySpan<ulong> buffers = MemoryMarshal.Cast<PhysicalAddress, ulong>(e.PhysicalAddresses);
        int segments = Math.Min(e.DmaAddresses.Length, e.Lengths.Length);
        if (buffers.IsEmpty)
            return;
        LiveList list = _spare ?? new LiveList();
        if (_spare is not null)
            (_spare, _spares) = (list.Next, _spares - 1);
        if (list.Buffers.Length < buffers.Length)
            list.Buffers = new ulong[RoundUp(buffers.Length)];
        if (list.Addresses.Length < segments)
            (list.Addresses, list.Lengths) = (new ulong[RoundUp(segments)], new uint[RoundUp(segments)]);
        buffers.CopyTo(list.Buffers);
        MemoryMarshal.Cast<DmaAddress, ulong>(e.DmaAddresses)[..segments].CopyTo(list.Addresses);
        e.Lengths[..segments].CopyTo(list.Lengths);
        list.BufferCount = buffers.Length;
        list.SegmentCount = segments;
        list.FullEntries = Math.Max(e.FullNents, buffers.Length);
        (list.Direction, list.Attributes, list.Time, list.Cpu) = (e.Direction, e.Attributes, e.Time, e.Cpu);
        list.MayHaveEnded = mayHaveEnded;
        list.IsCut = list.FullEntries > buffers.Length || e.FullEnts > segments;
        if (list.IsCut)
            _cut[e.Device]++;

        ref LiveList? head = ref CollectionsMarshal.GetValueRefOrAddDefault(_heads, new ListKey(e.Device, buffers[0]), out _);
        list.Next = head;
        head = list;
    }

    /// <summary>Whether a list is mapped that begins with a buffer.</summary>
    public bool Has(int device, PhysicalAddress first) => _heads.ContainsKey(new ListKey(device, first.Value));

    /// <summary>Finds the list that an unmap means and forgets it; the caller gives it back with <see cref="Return"/>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="physical">The buffers that the unmap names.</param>
    /// <param name="match">How well it has to fit.</param>
    /// <param name="direction">Direction of the unmap.</param>
    /// <param name="attributes">Attributes of the unmap.</param>
    /// <param name="time">Time of the unmap: lists mapped after it are not meant.</param>
    /// <param name="cpu">Processor of the unmap.</param>
    public LiveList? Take(int device, ReadOnlySpan<PhysicalAddress> physical, ListMatch match, DmaDirection direction, DmaAttributes attributes, ulong time, int cpu)
    {
        ReadOnlySpan<ulong> buffers = MemoryMarshal.Cast<PhysicalAddress, ulong>(physical);
        if (buffers.IsEmpty)
            return null;
        var key = new ListKey(device, buffers[0]);
        if (!_heads.TryGetValue(key, out LiveList? head))
            return null;
        LiveList? best = null;
        int most = 0, compared = 0;
        for (LiveList? list = head; list is not null && compared < MostCompared; list = list.Next, compared++)
        {
            if (list.Time > time && match != ListMatch.Exact)
                continue;
            int common = list.BufferSpan.CommonPrefixLength(buffers);
            if (list.FullEntries == buffers.Length && common == list.BufferCount && (match != ListMatch.Exact || (list.Direction == direction && OwnershipTracker.AttributesAgree(list.Attributes, attributes))))
            {
                // The newest, unless another processor mapped it just now: then an earlier one is meant, if there is one that has not ended already.
                if (best is null || !list.MayHaveEnded)
                    best = list;
                if (list.Cpu == cpu || time > list.Time + EarlyReleases.MostDisorder)
                    break;
                continue;
            }

            if (common > most && match == ListMatch.BeginsAlike) // no list has the same buffers: that was asked before
                (best, most) = (list, common);
        }

        if (best is null)
            return null;
        Unlink(key, head, best);
        if (best.IsCut)
            _cut[device]--;
        return best;
    }

    /// <summary>Takes back a list for the next one.</summary>
    public void Return(LiveList list)
    {
        if (_spares >= MostSpares)
            return;
        (list.Next, _spare) = (_spare, list);
        _spares++;
    }

    /// <summary>Forgets all lists.</summary>
    public void Clear()
    {
        _heads.Clear();
        Array.Clear(_cut);
    }

    private static int RoundUp(int count) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 8));

    private void Unlink(in ListKey key, LiveList head, LiveList list)
    {
        if (head == list)
        {
            if (list.Next is null)
                _heads.Remove(key);
            else
                _heads[key] = list.Next;
            return;
        }

        LiveList before = head;
        while (before.Next != list)
            before = before.Next!;
        before.Next = list.Next;
    }
}
