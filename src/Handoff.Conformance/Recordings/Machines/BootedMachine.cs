using System.Numerics;
using Handoff.Swiotlb;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings.Machines;

/// <summary>A booted copy of a recorded machine with the devices that were asked for.</summary>
internal sealed class BootedMachine<TMemory>(RecordedMachine recorded, DmaLayer<TMemory> layer, Dictionary<string, SwiotlbAllocator> restricted)
    where TMemory : struct, IMemory
{
    private readonly Dictionary<string, Device> _devices = [];

    /// <summary>The recording.</summary>
    public RecordedMachine Recorded { get; } = recorded;

    /// <summary>The mapping layer.</summary>
    public DmaLayer<TMemory> Layer { get; } = layer;

    /// <summary>All bounce allocators: the default one, then restricted pools.</summary>
    public IEnumerable<SwiotlbAllocator> Allocators =>
        Layer.Swiotlb is { } main ? restricted.Values.Prepend(main) : restricted.Values;

    /// <summary>The device of that name, as firmware configured it before its driver set a mask.</summary>
    public Device this[string name] => _devices.TryGetValue(name, out Device? device) ? device : _devices[name] = Make(name);

    /// <summary>Kernel: <c>of_dma_configure_id()</c>: windows to memory narrow the default masks and give the bus its limit.</summary>
    private Device Make(string name)
    {
        MachineFacts facts = Recorded.Facts;
        var device = new Device(name.Length == 0 ? "?" : name) // a damaged line may have none
        {
            Coherent = facts.IsCoherent(name),
            DmaRanges = facts.RangesOf(name),
            SegmentBoundaryMask = MachineFacts.IsPci(name) ? 0xffff_ffff : ulong.MaxValue,
            BehindIommu = Recorded.IsTranslated(name),
        };
        if (!device.DmaRanges.IsEmpty)
        {
            ulong end = device.DmaRanges.Max(static r => r.DmaStart.Value + (r.Size - 1));
            ulong mask = DmaMask.Bits(BitOperations.Log2(end) + 1);
            device.DmaMask &= mask;
            device.CoherentDmaMask &= mask;
            device.BusDmaLimit = end;
        }

        if (facts.RestrictedPoolOf(name) is { } pool && restricted.TryGetValue(pool.Name, out SwiotlbAllocator? allocator))
            device.RestrictedPool = allocator;
        return device;
    }
}
