using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Replay;

/// <content>Releases, syncs, and coherent memory of restricted pools.</content>
public sealed partial class LoadReader
{
    private void UnmapSingle(in DmaEvent e)
    {
        int index = _live.Find(_currentDevice, e.DmaAddress.Value, e.Size, e.Direction);
        if (index < 0)
            Counts.WithoutMap++;
        else
            Release(index, e, LoadOperationKind.Unmap);
    }

    private void UnmapList(in DmaEvent e)
    {
        ReadOnlySpan<PhysicalAddress> physical = e.PhysicalAddresses;
        int index = physical.IsEmpty ? -1 : _live.FindList(_currentDevice, physical[0].Value, physical.Length);
        if (index < 0)
        {
            Counts.WithoutMap++;
            return;
        }

        while (index >= 0)
        {
            int next = _live[index].NextEntry;
            Release(index, e, LoadOperationKind.Unmap);
            index = next;
        }
    }

    private void Release(int index, in DmaEvent e, LoadOperationKind kind)
    {
        ref RecordedMapping mapping = ref _live[index];
        ulong lived = e.Time > mapping.Time ? e.Time - mapping.Time : 0;
        _current.Lifetimes.Add(lived);
        _allLifetimes.Add(lived);
        if (mapping is { Bounced: true, HasDma: true } && PoolOf(PhysicalOf(mapping.Dma)) is { } pool)
            pool.Clear(PhysicalOf(mapping.Dma), mapping.Size, index);
        if (!mapping.EndedEarly)
        {
            _chunk.Add(new LoadOperation
            {
                Kind = kind,
                Time = e.Time,
                Index = index,
                Device = _currentDevice,
                Size = mapping.Size,
                Attributes = e.Attributes,
                Direction = mapping.Direction,
                Cpu = (ushort)e.Cpu,
            });
        }

        _live.Remove(index);
    }

    private void SyncList(in DmaEvent e)
    {
        ReadOnlySpan<DmaAddress> dma = e.DmaAddresses;
        ReadOnlySpan<uint> lengths = e.Lengths;
        bool forCpu = e.Kind == DmaEventKind.SyncSgForCpu;
        int index = -1;
        for (int i = 0; i < dma.Length && i < lengths.Length; i++)
        {
            // Entry for entry: of a long list the map event shows only the beginning.
            index = index < 0 ? -1 : _live[index].NextEntry;
            if (index >= 0 && _live[index] is var entry && entry.Size == lengths[i] && (!entry.HasDma || entry.Dma == dma[i].Value))
                AddSync(e, index, 0, lengths[i], forCpu);
            else
                index = Sync(e, dma[i].Value, lengths[i], forCpu);
        }
    }

    /// <summary>Adds a sync of the mapping that covers a range.</summary>
    /// <returns>The mapping; -1 if there is none.</returns>
    private int Sync(in DmaEvent e, ulong dma, ulong size, bool forCpu)
    {
        int index = _live.FindCovering(_currentDevice, dma, size);
        if (index < 0)
            Counts.WithoutMap++;
        else
            AddSync(e, index, dma - _live[index].Dma, size, forCpu);
        return index;
    }

    private void AddSync(in DmaEvent e, int index, ulong offset, ulong size, bool forCpu) =>
        _chunk.Add(new LoadOperation
        {
            Kind = forCpu ? LoadOperationKind.SyncForCpu : LoadOperationKind.SyncForDevice,
            Time = e.Time,
            Index = index,
            Device = _currentDevice,
            Physical = offset,
            Size = size,
            Direction = e.Direction,
            Cpu = (ushort)e.Cpu,
        });

    private void Allocate(in DmaEvent e)
    {
        if (e.VirtualAddress.Value == 0 || !IsInPool(e.DmaAddress.Value) || e.Size > _current.Device.RestrictedPool!.Range.Size)
            return;
        var operation = new LoadOperation
        {
            Kind = LoadOperationKind.Allocate,
            Time = e.Time,
            Size = e.Size,
            Recorded = e.DmaAddress.Value,
            Device = _currentDevice,
            Cpu = (ushort)e.Cpu,
            Direction = DmaDirection.Bidirectional,
            Attributes = e.Attributes,
            Flags = LoadFlags.Bounced,
        };
        AddMapping(ref operation, default, inList: false);
    }

    private void Free(in DmaEvent e)
    {
        int index = _live.Find(_currentDevice, e.DmaAddress.Value, e.Size, DmaDirection.Bidirectional);
        if (index >= 0)
            Release(index, e, LoadOperationKind.Free);
    }
}
