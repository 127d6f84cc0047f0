using Handoff.Kernels;

namespace Handoff.Ownership;

/// <content>Unmaps, syncs, and the look-ups with their gaps.</content>
public sealed partial class DmaApiDebug
{
    private void Unmap(in MappingEvent e)
    {
        Entry reference = ReferenceOf(e);
        if (e.Mapping == MappingKind.Sg)
        {
            if (e.ListIndex == 0)
                _mappedInList = MappedEntriesOf(reference);
            else if (_mappedInList != 0 && e.ListIndex >= _mappedInList)
                return;
        }

        if (Pick(Bucket(reference.Address), reference, Same) is not { } entry)
        {
            if (e.Address.IsMapped)
                Report("U2", e, $"device driver tries to free DMA memory it has not allocated [device address=0x{reference.Address:x16}] [size={e.Size} bytes]");
            else
                Report("U1", e, "device driver tries to free an invalid DMA memory address");
            return;
        }

        string address = $"[device address=0x{reference.Address:x16}]", size = $"[size={e.Size} bytes]";
        if (entry.Size != e.Size)
            Report("U3", e, $"device driver frees DMA memory with different size {address} [map size={entry.Size} bytes] [unmap size={e.Size} bytes]");
        if (entry.Kind != e.Mapping)
            Report("U4", e, $"device driver frees DMA memory with wrong function {address} {size} [mapped as {NameOf(entry.Kind)}] [unmapped as {NameOf(e.Mapping)}]");
        else if (entry.Kind is MappingKind.Coherent or MappingKind.Noncoherent && entry.Physical != reference.Physical)
            Report("U5", e, $"device driver frees DMA memory with different CPU address {address} {size} [cpu alloc address=0x{entry.Physical:x16}] [cpu free address=0x{reference.Physical:x16}]");
        if (entry.CallEntries != 0 && e.ListEntries != 0 && entry.CallEntries != e.ListEntries)
            Report("U6", e, $"device driver frees DMA sg list with different entry count [map count={entry.CallEntries}] [unmap count={e.ListEntries}]");
        if (entry.Direction != e.Direction)
            Report("U7", e, $"device driver frees DMA memory with different direction {address} {size} [mapped with {NameOf(entry.Direction)}] [unmapped with {NameOf(e.Direction)}]");
        if (_options.Kernel.DebugChecks >= DebugChecks.Attributes && entry.Attributes != e.Attributes)
            Report("A", e, $"device driver frees DMA memory with different attributes {address} {size} [mapped with 0x{(ulong)entry.Attributes:x}] [unmapped with 0x{(ulong)e.Attributes:x}]");
        if (entry.Unchecked)
            Report("U8", e, $"device driver failed to check map error {address} {size} [mapped as {NameOf(entry.Kind)}]");
        GiveLine(entry);
        Bucket(entry.Address)!.Remove(entry);
    }

    private void Sync(in MappingEvent e, bool forCpu)
    {
        Entry reference = ReferenceOf(e);
        if (e.Mapping == MappingKind.Sg)
        {
            if (e.ListIndex == 0)
                _mappedInList = MappedEntriesOf(reference);
            if (e.ListIndex >= _mappedInList)
                return;
        }

        string address = $"[device address=0x{reference.Address:x16}]";
        if (Containing(reference) is not { } entry)
        {
            Report("S1", e, $"device driver tries to sync DMA memory it has not allocated {address} [size={e.Size} bytes]");
            return;
        }

        string with = $"{address} [size={e.Size} bytes] [mapped with {NameOf(entry.Direction)}] [synced with {NameOf(e.Direction)}]";
        if (entry.Direction != DmaDirection.Bidirectional)
        {
            if (entry.Direction != e.Direction)
                Report("S3", e, $"device driver syncs DMA memory with different direction {with}");
            if (forCpu && entry.Direction != DmaDirection.FromDevice && e.Direction != DmaDirection.ToDevice)
                Report("S4", e, $"device driver syncs device read-only DMA memory for cpu {with}");
            if (!forCpu && entry.Direction != DmaDirection.ToDevice && e.Direction != DmaDirection.FromDevice)
                Report("S5", e, $"device driver syncs device write-only DMA memory to device {with}");
        }

        if (e.ListEntries != 0 && entry.CallEntries != 0 && entry.CallEntries != e.ListEntries && entry.Direction != DmaDirection.Bidirectional)
            Report("S6", e, $"device driver syncs DMA sg list with different entry count [map count={entry.CallEntries}] [sync count={e.ListEntries}]");
    }

    private int MappedEntriesOf(Entry reference) => Pick(Bucket(reference.Address), reference, Same)?.MappedEntries ?? 0;

    private static bool Same(Entry entry, Entry reference) => entry.Device == reference.Device && entry.Address == reference.Address;

    private static bool Contains(Entry entry, Entry reference) =>
        entry.Device == reference.Device && entry.Address <= reference.Address && entry.Address + entry.Size >= reference.Address + reference.Size;

    /// <summary>A perfect fit, or the only match; several imperfect matches give none.</summary>
    private static Entry? Pick(List<Entry>? bucket, Entry reference, Func<Entry, Entry, bool> matches)
    {
        Entry? only = null;
        int count = 0;
        foreach (Entry entry in bucket ?? [])
        {
            if (!matches(entry, reference))
                continue;
            if (entry.Size == reference.Size && entry.Kind == reference.Kind && entry.Direction == reference.Direction && entry.CallEntries == reference.CallEntries)
                return entry;
            (only, count) = (entry, count + 1);
        }

        return count == 1 ? only : null;
    }

    /// <summary>Walks back bucket by bucket from the address; each bucket is judged alone.</summary>
    private Entry? Containing(Entry reference)
    {
        ulong steps = Math.Min(Buckets, (reference.Address >> BucketShift) + 1);
        for (ulong step = 0; step < steps; step++)
        {
            if (Pick(Bucket(reference.Address - (step << BucketShift)), reference, Contains) is { } entry)
                return entry;
        }

        return null;
    }
}
