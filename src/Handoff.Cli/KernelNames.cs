using Handoff.Kernels;

namespace Handoff.Cli;

/// <summary>Reads the names of kernels on the command line.</summary>
internal static class KernelNames
{
    /// <summary>What asks for every listed release.</summary>
    public const string All = "all";

    /// <summary>Reads a list such as <c>linux-6.4,linux-6.12,+no-bounce</c>.</summary>
    /// <exception cref="UserErrorException">A name is not known.</exception>
    public static IReadOnlyList<KernelProfile> Parse(string text)
    {
        if (text == All)
            return KernelProfiles.Releases;
        var parsed = KernelProfiles.ParseList(text);
        if (!parsed.Succeeded)
            throw new UserErrorException(ExitCode.Usage, parsed.Error, "handoff kernels lists them all");
        return parsed.Profiles;
    }
}
