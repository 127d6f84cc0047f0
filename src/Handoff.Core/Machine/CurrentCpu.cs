namespace Handoff;

/// <summary>Which processor the calling thread stands for: decides in which area a search for slots begins.</summary>
/// <remarks>Kernel: <c>raw_smp_processor_id()</c>. A thread that never sets it is CPU 0.</remarks>
public static class CurrentCpu
{
    [ThreadStatic]
    private static int s_id;

    /// <summary>The processor number, from 0.</summary>
    public static int Id
    {
        get => s_id;
        set => s_id = value;
    }
}
