using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Tests.Writing;

public sealed class ChunkSpoolTests
{
    [Fact]
    public void Nothing_is_left_of_a_program_that_is_killed()
    {
        string directory = Directory.CreateTempSubdirectory("handoff-spool-").FullName;
        try
        {
            using var spool = new ChunkSpool(directory);
            var places = new[] { spool.Add([1, 2], [3, 4]), spool.Add([5, 6], [7]) };
            if (!OperatingSystem.IsWindows())
                Assert.Empty(Directory.GetFiles(directory)); // while it is in use: there is nothing to clean up
            using var output = new MemoryStream();
            spool.CopyTo(places.Reverse(), output);
            Assert.Equal([5, 6, 7, 1, 2, 3, 4], output.ToArray());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
