using System.Runtime.InteropServices;

namespace Handoff.Swiotlb;

/// <summary>One area of a pool: its own lock, search cursor and count, on cache lines of its own.</summary>
/// <remarks>Kernel: <c>struct io_tlb_area</c> (6.0).</remarks>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct SlotArea
{
    /// <summary>0 free, 1 held.</summary>
    private int _lock;

    /// <summary>Slots in use. Written under the lock.</summary>
    public int Used;

    /// <summary>Where the next search starts, relative to the area. Written under the lock.</summary>
    public int Index;

    /// <summary>
    /// <see cref="Used"/> may grow to this without looking at the other areas: over all areas these add up to no more
    /// than the recorded high-water mark.
    /// </summary>
    public int Budget;

    public void Enter()
    {
        if (Interlocked.Exchange(ref _lock, 1) != 0)
            Wait();
    }

    public void Exit() => Volatile.Write(ref _lock, 0);

    private void Wait()
    {
        SpinWait spin = default;
        do
        {
            while (Volatile.Read(ref _lock) != 0)
                spin.SpinOnce(sleep1Threshold: -1);
        }
        while (Interlocked.Exchange(ref _lock, 1) != 0);
    }
}
