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

    private Device Make(string name)
    {
        Device device = RecordedDevice.Make(Recorded.Facts, name);
        if (Recorded.Facts.RestrictedPoolOf(name) is { } pool && restricted.TryGetValue(pool.Name, out SwiotlbAllocator? allocator))
            device.RestrictedPool = allocator;
        return device;
    }
}
