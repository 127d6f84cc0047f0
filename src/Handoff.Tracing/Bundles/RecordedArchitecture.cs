namespace Handoff.Tracing.Bundles;

/// <summary>Which rules hold on a recorded machine.</summary>
internal static class RecordedArchitecture
{
    /// <summary>The architecture that a name of <c>uname -m</c> stands for; <see langword="null"/> if it is no such name.</summary>
    /// <param name="name">The name, as in <c>aarch64</c>.</param>
    public static Architecture? Of(string? name) => name switch
    {
        "aarch64" or "arm64" => Architecture.Arm64,
        "riscv64" => Architecture.Riscv64,
        // On all of these, as on x86-64, every device snoops the caches, so nothing is cleaned and no short buffer bounces.
        "x86_64" or "i686" or "s390x" or "ppc64" or "ppc64le" or "loongarch64" => Architecture.X86_64,
        _ => null,
    };

    /// <summary>What <c>uname -m</c> prints on an architecture.</summary>
    /// <param name="architecture">The architecture.</param>
    public static string NameOf(Architecture architecture) => architecture switch { Architecture.X86_64 => "x86_64", Architecture.Riscv64 => "riscv64", _ => "aarch64" };

    /// <summary>The size of a page that a recording names, where machines of this kind can have it.</summary>
    /// <param name="machine">The machine's name as <c>uname -m</c> prints it; empty if unknown.</param>
    /// <param name="bytes">The size that the recording names.</param>
    public static uint? PageSizeOf(string? machine, int bytes) => bytes switch
    {
        4096 => 4096,
        16384 or 65536 when machine is not ("x86_64" or "i686" or "s390x" or "riscv64") => (uint)bytes,
        _ => null,
    };
}
