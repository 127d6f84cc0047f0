using Handoff.Swiotlb;

namespace Handoff;

/// <content>Memory of pools made at run time.</content>
public sealed partial class DmaLayer<TMemory>
{
    private PhysicalAddress? FindPoolMemory(int slots, ulong limit, bool transient) => PlacePool?.Invoke(slots, limit, transient);

    private static void FreePoolMemory(SwiotlbPool pool) => _ = pool;
}
