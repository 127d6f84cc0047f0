namespace Handoff.Tracing.Mappings;

/// <summary>Classes of sizes that matter to the bounce pool.</summary>
public static class SizeClass
{
    /// <summary>Number of classes.</summary>
    public const int Count = 5;

    private static readonly ulong[] Ends = [256, 4096, 65536, 262144];

    /// <summary>The class of a size in bytes.</summary>
    public static int Of(ulong size) => size < 256 ? 0 : size <= 4096 ? 1 : size <= 65536 ? 2 : size <= 262144 ? 3 : 4;

    /// <summary>Name of a class, such as <c>≤ 4 KiB</c>.</summary>
    public static string Name(int index) => index switch
    {
        0 => "< 256 B",
        1 => "≤ 4 KiB",
        2 => "≤ 64 KiB",
        3 => "≤ 256 KiB",
        _ => "> 256 KiB",
    };

    /// <summary>Name of a class for programs.</summary>
    public static string Word(int index) => index < Ends.Length ? $"upTo{Ends[index]}" : "above262144";
}
