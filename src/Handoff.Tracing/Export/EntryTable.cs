using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>The entries of events with lists.</summary>
internal sealed class EntryTable : ExportTable
{
    private readonly NumberColumn _id, _physical, _dma, _size;
    private readonly NumberColumn _index;

    internal EntryTable(string recording)
        : base("entries", recording)
    {
        _id = Series("event_id");
        _index = Integer("entry");
        _physical = Bigint("physical_address");
        _dma = Bigint("dma_address");
        _size = Bigint("bytes");
    }

    internal void Add(in DmaEvent e, long id)
    {
        int count = Math.Max(e.PhysicalAddresses.Length, Math.Max(e.DmaAddresses.Length, e.Lengths.Length));
        for (int i = 0; i < count; i++)
        {
            _id.Add(id);
            _index.Add(i);
            _physical.AddAddress(i < e.PhysicalAddresses.Length ? e.PhysicalAddresses[i].Value : ulong.MaxValue);
            _dma.AddAddress(i < e.DmaAddresses.Length ? e.DmaAddresses[i].Value : ulong.MaxValue);
            _size.Add(i < e.Lengths.Length ? e.Lengths[i] : (long?)null);
            EndRow();
        }
    }
}
